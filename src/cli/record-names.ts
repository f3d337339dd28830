// The names of records, asked of the server: for completion, and for what somebody may have meant.
import {type Connection, RemoteProblem} from '../core/connect.ts'
import {operations} from '../core/contract/index.ts'
import type {Operation} from '../core/operation.ts'
import {fieldsOf, itemSchema} from './fields.ts'
import {nearest} from './nearest.ts'

/** Milliseconds a person waits for names. */
const patience = 1500

export type Params = Readonly<Record<string, unknown>>

/** Keys of the records that a field in the path of an operation names; `params` are the fields before it. None when they cannot be had. */
export async function recordNames(
  connection: Connection,
  {path}: Operation,
  field: string,
  params: Params,
): Promise<string[]> {
  const at = path.indexOf(`/{${field}}`)
  const list =
    at < 0 ? undefined : operations.find(one => one.method === 'GET' && one.path === path.slice(0, at))
  return namesOf(connection, list, field, params)
}

async function namesOf(
  connection: Connection,
  list: Operation | undefined,
  field = '',
  params: Params = {},
): Promise<string[]> {
  const fields = fieldsOf(itemSchema(list?.result))
  const key = fields.includes(field) ? field : fields[0]
  if (!list || key === undefined) return []
  const query = fieldsOf(list.query).includes('limit') ? {limit: 1000} : {}
  try {
    const page = await connection.call(list, {params, query}, {signal: AbortSignal.timeout(patience)})
    return (page as {items: Record<string, unknown>[]}).items.map(item => String(item[key]))
  } catch {
    return []
  }
}

/** The not-found problem of a call with the name that is near in its hint; as it is when none is. */
export async function withNearest(
  problem: RemoteProblem,
  connection: Connection,
  operation: Operation,
  params: Params = {},
): Promise<RemoteProblem> {
  for (const [, field = ''] of operation.path.matchAll(/\{(\w+)\}/g)) {
    const asked = String(params[field])
    const names = await recordNames(connection, operation, field, params)
    if (names.includes(asked)) continue
    const near = nearest(asked, names)
    return near === undefined
      ? problem
      : new RemoteProblem({...problem.document(), hint: `did you mean \`${near}\`?`})
  }
  return problem
}

/** A problem about names in what was sent, with the name that is near beside each; as it is when none is. */
export async function withNearestReferences(
  problem: RemoteProblem,
  connection: Connection,
): Promise<RemoteProblem> {
  const document = problem.document()
  const {errors} = document
  if (!errors) {
    const hint = await nearestReference(connection, document.detail)
    return hint === undefined ? problem : new RemoteProblem({...document, hint})
  }
  const hints = await Promise.all(errors.map(({reason}) => nearestReference(connection, reason)))
  const helped = errors.map((error, index) => ({...error, ...(hints[index] && {remedy: hints[index]})}))
  const [hint] = errors.length === 1 ? hints : []
  return new RemoteProblem({...document, errors: helped, ...(hint !== undefined && {hint})})
}

/** What to say when the server says that there is no such record, e.g. "there is no instance `backnd`". */
async function nearestReference(connection: Connection, said: string): Promise<string | undefined> {
  const [, noun, asked = ''] = /\b(?:is|have) no (\w+) `?([^\s`]+)`?$/.exec(said) ?? []
  const topic = noun === 'certificate' ? 'cert' : noun
  const list = operations.find(({id}) => id === `${topic}.list`)
  const near = nearest(asked, await namesOf(connection, list))
  return near === undefined ? undefined : `did you mean \`${near}\`?`
}
