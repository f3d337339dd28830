// The nouns that documents can declare, found in the contract: those whose records are created, listed and deleted by key.
// What has a secret that mcpx made is declared in its own way.
import type {TSchema} from 'typebox'
import {contract} from '../../core/contract/index.ts'
import {adminName} from '../../core/contract/token.ts'
import type {Operation} from '../../core/operation.ts'
import type {Collection} from '../../core/store/collection.ts'
import type {Call, Caller} from './call.ts'
import type {Declared, Document, Facet, Place, Run} from './declaration.ts'
import {declaredSecrets, withImported} from './declared-secrets.ts'
import {bodyValidator} from './validate.ts'

type AnyHandler = (call: Call<never>) => Promise<unknown>

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
    run: ({handlers}: Place, call: Call<never>) => {
      const one = (handlers[group as keyof typeof handlers] as unknown as Record<string, AnyHandler>)[name]
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

const ofContract: readonly Declared[] = placed.flatMap(({group, operation, run: create}) => {
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
      noun: id.slice(0, id.lastIndexOf('.')),
      key,
      param: /\{(\w+)\}/.exec(itemPath)?.[1] ?? key,
      fields: fieldsOf(body).filter(field => fieldsOf(result).includes(field)),
      defaults: defaultsOf(body),
      changeable: fieldsOf(update?.operation.body),
      sealed: sealedOf(result),
      facets: facetsOf(itemPath, fieldsOf(result)),
      check: bodyValidator(body as TSchema),
      all: (place, caller) => everyPage(list.run, place, caller),
      find: async (place, caller, key) => {
        const record = await collectionOf(place, group).get(key)
        return record && (caller.admin || record['owner'] === caller.name) ? record : undefined
      },
      create,
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

export const declared: readonly Declared[] = [
  ...ofContract.map(noun => (noun.noun === 'cert' ? withImported(noun) : noun)),
  ...declaredSecrets,
]

type AnyRecord = Document & {owner: string; revision: number}

const collectionOf = ({parts}: Place, group: string): Collection<AnyRecord> =>
  parts.records[group as keyof typeof parts.records] as unknown as Collection<AnyRecord>

async function everyPage(list: Run, place: Place, caller: Caller): Promise<Document[]> {
  const found: Document[] = []
  let after: string | null | undefined
  do {
    const call = {caller, params: {}, query: {limit: 1000, ...(after && {after})}, body: undefined}
    const page = (await list(place, call as never)) as {items: Document[]; next: string | null}
    found.push(...page.items)
    after = page.next
  } while (after !== null)
  return found
}

/**
 * What mcpx makes by itself: instances of its services, certificates of its own CA for its own name and for proxies, the admin
 * token as long as nothing is set with it.
 */
const isMade = (noun: string, key: string, {issuer, domains, cert_email}: Document): boolean =>
  (noun === 'instance' && key.startsWith('docker-')) ||
  (isPermanent(noun, key) && cert_email === undefined) ||
  (noun === 'cert' && issuer === 'internal' && (domains as string[])[0] === key)

/** What is always there, whether a document names it or not. */
export const isPermanent = (noun: string, key: string): boolean => noun === 'token' && key === adminName

export const keyIn = (noun: Declared, record: Document): string =>
  noun.keyOf?.(record) ?? String(record[noun.key])

/** Every record of a noun that the caller sees and that people made, as the API shows it. */
export async function recordsOf(place: Place, caller: Caller, noun: Declared): Promise<Document[]> {
  if (noun.adminOnly && !caller.admin) return []
  const found = await noun.all(place, caller)
  return found.filter(record => !isMade(noun.noun, keyIn(noun, record), record))
}
