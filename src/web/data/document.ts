// A record as the document that makes it again, all of it in one step.
import {configurationOperations} from '../../core/contract/configuration.ts'
import {operations} from '../../core/contract/index.ts'
import type {Operation} from '../../core/operation.ts'
import {call, type Document} from './client.ts'
import {asField} from './schema.ts'

/** By noun. */
export type Documents = Record<string, Document[]>

const bodyFields = (operation: Operation | undefined): string[] =>
  Object.keys(asField(operation?.body).properties ?? {})

const picked = (from: Document, fields: readonly string[]): Document =>
  Object.fromEntries(Object.entries(from).filter(([name]) => fields.includes(name)))

/** Parts of a record that are switched on by operations of their own, e.g. `proxy.auth.enable`: its login goes with it. */
function partsOf(prefix: string, record: Document): Document {
  const parts = operations.flatMap(operation => {
    const [, part, verb] = operation.id.startsWith(`${prefix}.`)
      ? operation.id.slice(prefix.length).split('.')
      : []
    const value = part === undefined ? undefined : (record[part] as Document | undefined)
    if (part === undefined || verb !== 'enable' || typeof value !== 'object') return []
    return [[part, picked(value, ['enabled', ...bodyFields(operation)])] as const]
  })
  return Object.fromEntries(parts)
}

/** `prefix` and `create` are ids of operations, as of a noun. */
export function documentOf({prefix, create}: {prefix: string; create: string}, record: Document): Document {
  const made = operations.find(({id}) => id === create)
  return {...picked(record, [...bodyFields(made), 'owner']), ...partsOf(prefix, record)}
}

/** Makes the records be as the documents say, all or none. */
export const applyAll = (documents: Documents): Promise<unknown> =>
  call(configurationOperations.apply, {body: {documents}})
