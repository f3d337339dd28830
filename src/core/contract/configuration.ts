// The records of mcpx as documents: told whole, compared and put in place in one step.
import Type, {type Static} from 'typebox'
import {operation} from '../operation.ts'

/** Records by noun, as their creation takes them; `owner` where it is not who asks. */
const documents = Type.Record(Type.String(), Type.Array(Type.Record(Type.String(), Type.Unknown())), {
  description: 'records by noun, each with every field that is not as by default',
})
export type Documents = Static<typeof documents>

const change = Type.Object({
  action: Type.Enum(['create', 'update', 'delete'], {description: 'what is done'}),
  noun: Type.String(),
  key: Type.String(),
  fields: Type.Array(
    Type.Object({
      field: Type.String(),
      from: Type.Optional(Type.Unknown({description: 'value before; absent when there was none'})),
      to: Type.Optional(Type.Unknown({description: 'value afterwards; absent when it is removed'})),
    }),
    {description: 'fields that change'},
  ),
})

const skipped = Type.Object({
  noun: Type.String(),
  key: Type.String(),
  reason: Type.String({description: 'what it lacks'}),
  remedy: Type.String({description: 'what to do'}),
})

export const plan = Type.Object(
  {
    changes: Type.Array(change, {description: 'in no order: all are written in one step'}),
    skipped: Type.Array(skipped, {
      description: 'records that are not there, and whose secret no document has: left out',
    }),
    unchanged: Type.Integer({description: 'records that are as their document says'}),
    applied: Type.Boolean({description: 'whether it was written'}),
  },
  {$id: 'Plan'},
)
export type Plan = Static<typeof plan>

export const configurationOperations = {
  export: operation('export', 'GET /export', {
    summary: 'Tell all records as documents',
    access: 'token',
    query: Type.Object({
      secrets: Type.Optional(
        Type.Boolean({
          default: false,
          description:
            'with the secrets: custom headers, hashes of tokens and keys, secrets of OAuth clients, imported private keys',
        }),
      ),
    }),
    result: documents,
  }),
  apply: operation('apply', 'POST /apply', {
    summary: 'Make the records be as documents say, all or none',
    access: 'token',
    body: Type.Object(
      {
        documents,
        dry_run: Type.Optional(Type.Boolean({default: false, description: 'check, and write nothing'})),
        prune: Type.Optional(
          Type.Boolean({
            default: false,
            description: 'delete the records of the nouns in the documents that have no document',
          }),
        ),
        deletions: Type.Optional(
          Type.Integer({minimum: 0, description: 'how many records may be deleted; more are refused'}),
        ),
      },
      {additionalProperties: false, $id: 'Apply'},
    ),
    large: true,
    result: plan,
    problems: ['documents-invalid', 'revision-mismatch', 'route-taken', 'in-use', 'already-exists'],
  }),
}
