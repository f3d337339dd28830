// The request target and Host of a request (RFC 9112 §3.2), read once.

export interface ReadTarget {
  /** Host with port, as sent; empty when there is none or it is malformed. */
  authority: string
  /** Lower case, without port and trailing dot. */
  host: string
  /** Origin form: path and query. Empty when it has none, as in `*`. */
  target: string
}

const hostPattern = /^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/
const known = new Map<string, string>()
const knownMost = 10_000

/** The hostname in `Host`, lower case, without port and trailing dot; empty when malformed. */
function hostnameOf(authority: string): string {
  const found = known.get(authority)
  if (found !== undefined) return found
  const host = hostPattern.exec(authority.toLowerCase())?.[1]?.replace(/\.$/, '') ?? ''
  if (known.size < knownMost && authority.length < 256) known.set(authority, host)
  return host
}

/**
 * The absolute form names the host itself, and Host does not count then (RFC 9112 §3.2.2). A target has neither a
 * fragment nor a user name (RFC 9110 §4.2.4): who reads them differently would be sent elsewhere.
 */
export function readTarget(url: string, host: string): ReadTarget {
  if (url.includes('#')) return {authority: host, host: hostnameOf(host), target: ''}
  if (url.startsWith('/')) return {authority: host, host: hostnameOf(host), target: url}
  const absolute = /^https?:\/\/([^/?@]+)((?:[/?].*)?)$/i.exec(url)
  if (!absolute) return {authority: host, host: hostnameOf(host), target: ''}
  const [, authority = '', rest = ''] = absolute
  return {authority, host: hostnameOf(authority), target: rest.startsWith('/') ? rest : `/${rest}`}
}

/** Without the query, which can hold secrets. */
export function plainPath(target: string): string {
  const end = target.search(/[?#]/)
  return end === -1 ? target : target.slice(0, end)
}
