// The nouns that documents can declare, found in the contract: those whose records are created, listed and deleted by key.
import type {TSchema} from 'typebox'
import {contract} from '../../core/contract/index.ts'
import type {Operation} from '../../core/operation.ts'
import type {Call, Caller} from './call.ts'
import type {AllHandlers} from './handlers.ts'
import {bodyValidator} from './validate.ts'

export type Document = Record<string, unknown>
type AnyHandler = (call: Call<never>) => Promise<unknown>
type Run = (handlers: AllHandlers, call: Call<never>) => Promise<unknown>

/** A part of a record with operations of its own, e.g. `auth` of a proxy. */
export interface Facet {
  field: string
  /** Fields it is set with, beside `enabled`. */
  fields: readonly string[]
  /** Checks them. Throws invalid-request. */
  check: (part: Document) => void
  enable: Run
  disable: Run
}

export interface Declared {
  /** Of the contract and of its collection. */
  group: string
  /** As in commands, e.g. `proxy`. */
  noun: string
  /** Field that names a record. */
  key: string
  /** Path parameter for it. */
  param: string
  /** Fields of a document. */
  fields: readonly string[]
  defaults: Document
  /** Fields a change takes. */
  changeable: readonly string[]
  sealed: readonly string[]
  facets: readonly Facet[]
  /** Checks what creates a record and fills in defaults. Throws invalid-request. */
  check: (document: Document) => void
  create: Run
  list: Run
  update: Run | undefined
  remove: Run
}

interface Placed {
  group: string
  operation: Operation
  run: Run
}

const propertiesOf = (schema: {properties?: Record<string, object>} = {}): Record<string, object> =>
  schema.properties ?? {}
const fieldsOf = (schema: TSchema | undefined): string[] => Object.keys(propertiesOf(schema))
const defaultsOf = (schema: TSchema | undefined): Document =>
  Object.fromEntries(
    Object.entries(propertiesOf(schema)).flatMap(([name, one]) =>
      'default' in one ? [[name, one.default]] : [],
    ),
  )
const sealedOf = (schema: TSchema | undefined): string[] =>
  Object.entries(propertiesOf(schema)).flatMap(([name, one]) => ('x-sealed' in one ? [name] : []))

const placed: readonly Placed[] = Object.entries(contract).flatMap(([group, operations]) =>
  Object.entries(operations).map(([name, operation]) => ({
    group,
    operation: operation as Operation,
    run: (handlers: AllHandlers, call: Call<never>) => {
      const one = (handlers[group as keyof AllHandlers] as unknown as Record<string, AnyHandler>)[name]
      return (one as AnyHandler)(call)
    },
  })),
)

const at = (method: Operation['method'], path: string): Placed | undefined =>
  placed.find(({operation}) => operation.method === method && operation.path === path)

/** The deletion of one record of the collection at `path`. */
const itemOf = (path: string): Placed | undefined =>
  placed.find(
    ({operation: one}) =>
      one.method === 'DELETE' &&
      one.path.startsWith(`${path}/`) &&
      /^\{\w+\}$/.test(one.path.slice(path.length + 1)),
  )

export const declared: readonly Declared[] = placed.flatMap(({group, operation, run: create}) => {
  const {method, path, body, result, id} = operation
  const item = itemOf(path)
  const list = at('GET', path)
  const [key] = fieldsOf(result)
  const isDeclared = method === 'POST' && item && list && key !== undefined && fieldsOf(body).includes(key)
  if (!isDeclared) return []
  const itemPath = item.operation.path
  const update = at('PATCH', itemPath)
  return [
    {
      group,
      noun: id.slice(0, id.lastIndexOf('.')),
      key,
      param: /\{(\w+)\}/.exec(itemPath)?.[1] ?? key,
      fields: fieldsOf(body).filter(field => fieldsOf(result).includes(field)),
      defaults: defaultsOf(body),
      changeable: fieldsOf(update?.operation.body),
      sealed: sealedOf(result),
      facets: facetsOf(itemPath, fieldsOf(result)),
      check: bodyValidator(body as TSchema),
      create,
      list: list.run,
      update: update?.run,
      remove: item.run,
    },
  ]
})

function facetsOf(itemPath: string, fields: readonly string[]): Facet[] {
  return fields.flatMap(field => {
    const enable = at('POST', `${itemPath}/${field}`)
    const disable = at('DELETE', `${itemPath}/${field}`)
    if (!enable || !disable) return []
    const {body} = enable.operation
    if (!body) return []
    return [
      {field, fields: fieldsOf(body), check: bodyValidator(body), enable: enable.run, disable: disable.run},
    ]
  })
}

/** What mcpx makes by itself: instances of its services, certificates of its own CA for its own name and for proxies. */
const isMade = (noun: string, key: string, {issuer, domains}: Document): boolean =>
  (noun === 'instance' && key.startsWith('docker-')) ||
  (noun === 'cert' && issuer === 'internal' && (domains as string[])[0] === key)

/** Every record of a noun that the caller sees and that people made, as the API shows it. */
export async function recordsOf(
  handlers: AllHandlers,
  caller: Caller,
  {list, noun, key}: Declared,
): Promise<Document[]> {
  const found: Document[] = []
  let after: string | null | undefined
  do {
    const call = {caller, params: {}, query: {limit: 1000, ...(after && {after})}, body: undefined}
    const page = (await list(handlers, call as never)) as {items: Document[]; next: string | null}
    found.push(...page.items)
    after = page.next
  } while (after !== null)
  return found.filter(record => !isMade(noun, String(record[key]), record))
}
