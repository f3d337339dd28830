// Who it is, as an upstream is told.
import type {ProxyAuth} from '../../core/contract/protection.ts'
import type {Grant} from '../../core/routing/grant.ts'
import type {Claims} from './guard.ts'

export function identityOf(
  claims: Claims,
  auth: ProxyAuth,
): Pick<Grant, 'principal' | 'user' | 'client' | 'headers'> {
  const {sub = '', username = sub, client_id} = claims
  return {
    principal: sub,
    user: username,
    ...(client_id !== undefined && {client: client_id}),
    headers: auth.pass_headers ? identityHeaders(claims, auth.header_prefix) : {},
  }
}

/** The same facts, as claims of a signed assertion. */
export function assertedOf(claims: Claims): Record<string, unknown> & {sub: string} {
  const {sub = '', username, email, email_verified, name, groups, client_id, scope} = claims
  const facts = {username, name, groups, client_id, scope, ...(email_verified && {email, email_verified})}
  return {sub, ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))}
}

function identityHeaders(claims: Claims, prefix: string): Record<string, string> {
  const {sub = '', username, email, email_verified, name, groups = [], client_id, scope} = claims
  const facts: [string, string | undefined][] = [
    ['User', username ?? sub],
    ['Subject', sub],
    ['Name', name],
    ['Email', email_verified === true ? email : undefined],
    ['Groups', groups.length > 0 ? groups.join(',') : undefined],
    ['Client', client_id],
    ['Scope', scope],
  ]
  return Object.fromEntries(
    facts.flatMap(([fact, value]) => (value === undefined ? [] : [[prefix + fact, fieldValue(value)]])),
  )
}

/** UTF-8 octets without control characters: a name must not begin a field of its own. */
const fieldValue = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- control characters are what is removed
  Buffer.from(text.replace(/[\x00-\x1f\x7f]/g, ' '), 'utf8').toString('latin1')
