// Calls of the admin API by operation, as the signed-in person.
import {eventData, isLoopback} from '../../core/connect.ts'
import {operations} from '../../core/contract/index.ts'
import {fullPath, type Operation, type Output, type Shape} from '../../core/operation.ts'
import type {ProblemDocument} from '../../core/problem.ts'
import {Failure} from './failure.ts'
import {asField} from './schema.ts'
import {ended, forget, me} from './session.ts'

export {Failure, problemIn} from './failure.ts'

export type Document = Record<string, unknown>

export interface Sent {
  params?: Document
  query?: Document
  body?: unknown
  /** Revision the record must still have. */
  ifMatch?: number | undefined
  signal?: AbortSignal
}

const byId = new Map(operations.map(one => [one.id, one]))

/** What is refused to some who have a token: the demo from afar, services where there is no list of images. */
function isRefused(id: string): boolean {
  if (id === 'demo.start' || id === 'demo.remove') return !isLoopback(location.hostname)
  return id === 'service.create' && me.value?.services === false
}

/** An operation this mcpx has and this person may use; undefined otherwise. */
export function can(id: string): Operation | undefined {
  const found = byId.get(id)
  if (me.value?.admin) return found
  return found?.access === 'admin' || isRefused(id) ? undefined : found
}

export async function call<S extends Shape>(operation: Operation<S>, sent: Sent = {}): Promise<Output<S>> {
  const response = await request(operation, sent)
  return (operation.result ? await response.json() : undefined) as Output<S>
}

/** Every record of a list, page by page. */
export async function all(operation: Operation, sent: Sent = {}): Promise<Document[]> {
  const records: Document[] = []
  const isPaged = 'after' in (asField(operation.query).properties ?? {})
  let after: string | null = null
  do {
    const query: Document = {...sent.query, ...(isPaged && {limit: 1000}), ...(after !== null && {after})}
    const page = (await call(operation, {...sent, query})) as {items: Document[]; next?: string | null}
    records.push(...page.items)
    after = page.next ?? null
  } while (after !== null)
  return records
}

export async function* follow<S extends Shape>(
  operation: Operation<S>,
  sent: Sent,
): AsyncGenerator<Output<S>, void> {
  const {body} = await request(operation, sent)
  try {
    if (body) for await (const data of eventData(body)) yield JSON.parse(data) as Output<S>
  } catch (error) {
    if (!sent.signal?.aborted) throw new Failure(unreachable)
    throw error
  }
}

async function request(
  operation: Operation,
  {params = {}, query = {}, body, ifMatch, signal}: Sent,
): Promise<Response> {
  if (ended.value) throw new Failure(signedOut)
  const path = fullPath(operation).replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  )
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
  const headers = new Headers({'x-csrf-token': me.value?.proof ?? ''})
  if (body !== undefined) headers.set('content-type', 'application/json')
  if (ifMatch !== undefined) headers.set('if-match', `"${ifMatch}"`)
  const response = await fetch(search.size > 0 ? `${path}?${search}` : path, {
    method: operation.method,
    headers,
    ...(body !== undefined && {body: JSON.stringify(body)}),
    ...(signal && {signal}),
  }).catch((error: Error) => {
    if (signal?.aborted) throw error
    throw new Failure(unreachable)
  })
  if (response.ok) return response
  if (response.status === 401) forget()
  throw new Failure(await problemOf(response))
}

const unreachable = {
  code: 'server-unreachable',
  title: 'mcpx does not answer',
  detail: 'No answer from the server.',
  hint: 'check that it runs and that this machine reaches it',
}
const signedOut = {
  code: 'token-invalid',
  title: 'The session has ended',
  detail: 'The server knows it no more.',
  hint: 'sign in again',
}

const problemOf = async (response: Response): Promise<Failure['problem']> =>
  answered(response.status, response.headers.get('content-type'), await response.text())

/** What a server that refused said. */
export function answered(status: number, type: string | null, text: string): Failure['problem'] {
  if (type?.startsWith('application/problem+json')) return JSON.parse(text) as ProblemDocument
  const detail = `The server answered ${status}.`
  return {code: 'server-unexpected', title: 'Something else answered', detail, hint: 'try again'}
}
