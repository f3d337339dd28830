// What the web UI needs beside the records: links that sign in, and what changes.
import Type, {type Static} from 'typebox'
import {operation} from '../operation.ts'

/** One change of a record, without its data: who is told reads it again. */
export const change = Type.Object(
  {
    revision: Type.Integer({description: 'newest change there is; counts up with every write'}),
    noun: Type.Optional(
      Type.String({description: 'noun of the record, e.g. `proxy`; absent: read everything again'}),
    ),
    key: Type.Optional(
      Type.String({description: 'key of the record; absent: records of the noun that are not told of'}),
    ),
  },
  {$id: 'Change'},
)
export type Change = Static<typeof change>

export const consoleOperations = {
  link: operation('console.link', 'POST /console/links', {
    summary: 'Make a link that signs in to the web UI, once, within 60 seconds',
    access: 'token',
    status: 201,
    result: Type.Object(
      {
        link: Type.String({description: 'the secret; goes behind `/#link=` of the address of the web UI'}),
        expires_in: Type.Integer({description: 'seconds it works'}),
      },
      {$id: 'ConsoleLink'},
    ),
  }),
  changes: operation('change.follow', 'GET /changes', {
    summary: 'Follow which records change (server-sent events)',
    access: 'token',
    result: change,
    stream: true,
  }),
}
