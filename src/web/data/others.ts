// What has no page of its own: operations that are carried out from a form made of all their fields.
import type {Operation} from '../../core/operation.ts'
import {can, type Document} from './client.ts'
import {asField, type Field} from './schema.ts'

/** Ids of the operations, as they are listed. */
export const others = [
  'cert.import',
  'cert.export',
  'cert.status',
  'cert.coverage',
  'cert.ca.show',
  'service.port.update',
  'service.stats.all',
  'cleanup',
  'token.info',
  'token.email',
  'token.certificates',
  'token.proxies',
  'oauth.setup',
  'oauth.setup-status',
  'oauth.status',
  'oauth.proxy.sessions',
  'demo.show',
  'demo.remove',
] as const

/** Those the person may use. */
export const usable = (): Operation[] => others.flatMap(id => can(id) ?? [])

export const otherNamed = (id: string): Operation | undefined =>
  (others as readonly string[]).includes(id) ? can(id) : undefined

/** The operation with every field it takes in its body, so that a form has an input for each. */
export function inOneForm({params, query, body, ...rest}: Operation): Operation {
  const parts = [params, query, body].map(part => asField(part))
  const properties: Record<string, Field> = Object.assign({}, ...parts.map(part => part.properties ?? {}))
  const required = parts.flatMap(part => part.required ?? [])
  return {...rest, body: {type: 'object', properties, required}}
}

/** What each part of a call takes of the fields of such a form. */
export function partsOf({params, query, body}: Operation, fields: Document) {
  const of = (part: Operation['body']): Document =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => name in (asField(part).properties ?? {})))
  return {params: of(params), query: of(query), ...(body && {body: of(body)})}
}

/** Whether it changes nothing, so that it can be asked at once. */
export const isPlain = ({method, params}: Operation): boolean => method === 'GET' && params === undefined
