// The heads that go on: of requests to the upstream, of answers to the client. Every field passes through here.
import {framingFields, type ProxyTarget} from '../../core/contract/proxy.ts'
import {upstreamTarget} from '../../core/routing/destination.ts'
import type {Grant} from '../../core/routing/grant.ts'
import type {Affinity} from './affinity.ts'
import type {AnswerHead} from './answer.ts'
import type {Exchange} from './exchange.ts'
import {connectionNames, type Kind, kindOf} from './fields.ts'
import {type Choice, type Destination, publicPath} from './resolve.ts'

/** What an upstream head is written with, beside the exchange. */
export interface Way {
  destination: Destination
  choice: Choice
  affinity: Affinity
  /** Our name in Via. */
  via: string
}

/** The head of the upstream request, with its empty line; RFC 9110 §7.6 for what ends here. */
export function requestHead(exchange: Exchange, way: Way): string {
  const {request, match, fields, asked, grant} = exchange
  const raw = request.rawHeaders
  const {proxy} = match
  const dropped = connectionNames(fields.connection)
  const custom = customOf(proxy)
  const replaced = grant && lowerNames(grant.headers)
  const keepHost = match.builtin !== undefined || (proxy?.preserve_host_header ?? false)
  let head = `${asked.method} ${upstreamTarget(asked.target, way.destination, way.choice)} HTTP/1.1\r\n`
  if (!custom?.names.has('host')) head += `Host: ${keepHost ? exchange.authority : way.choice.authority}\r\n`
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string
    const kind = kindOf(name)
    if (endsHere(kind, exchange)) continue
    // A length that `Connection` could take away would leave a body without an end.
    if (kind !== 'content-length' && isNamed(name, dropped, custom?.names, replaced)) continue
    if (grant && isReserved(name, grant)) continue
    let value = raw[index + 1] as string
    if (grant && kind === 'cookie') value = withoutCookie(value, grant.cookie)
    if (kind === 'cookie' && value === '') continue
    if (kind === 'session') value = exchange.session ?? value
    if (kind === 'origin' && !keepHost && isOwnOrigin(exchange)) value = way.choice.upstream.href
    head += `${name}: ${value}\r\n`
  }
  head += forwarding(exchange, way)
  if (match.builtin) head += controlFields(exchange)
  if (custom) head += custom.lines
  if (grant) for (const [name, value] of Object.entries(grant.headers)) head += `${name}: ${value}\r\n`
  return `${head}\r\n`
}

function isNamed(name: string, ...sets: (Set<string> | undefined)[]): boolean {
  return sets.some(set => set?.has(name.toLowerCase()))
}

/** Whether a field says who it is, which the client does not decide; some upstreams read `_` or `.` as `-`. */
function isReserved(name: string, {reserved, drops}: Grant): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9-]/g, '-')
  return plain.startsWith(reserved) || drops.includes(plain)
}

const withoutCookie = (cookies: string, ours: string): string =>
  cookies
    .split(';')
    .map(one => one.trim())
    .filter(one => !one.startsWith(`${ours}=`) && !/^(?:__Host-|__Secure-)?mcpx[_-]/.test(one))
    .join('; ')

/** Whether a request field of this kind is not passed on as it is. */
function endsHere(kind: Kind, {fields, peer, grant, hasBody}: Exchange): boolean {
  switch (kind) {
    case 'pass':
    case 'mcp':
    case 'session':
    case 'origin':
    case 'content-type':
    case 'content-encoding':
    case 'cache-control':
    case 'accept':
    case 'accel':
    case 'location':
    case 'software':
    case 'cookie':
      return false
    case 'authorization':
      return grant !== undefined && !grant.keepsAuthorization
    case 'forwarded-more':
      return !peer.trusted
    case 'content-length':
      return fields.transferEncoding !== ''
    case 'trailer':
      return !hasBody
    default:
      return true
  }
}

/** Where the request comes from; what the client says of it counts only behind a trusted proxy. */
function forwarding(exchange: Exchange, {via}: Way): string {
  const {fields, peer, authority, scheme, id, upgrade, expectsContinue} = exchange
  const known = peer.trusted
  const address = peer.address.includes(':') ? `"[${peer.address}]"` : peer.address
  const element = `for=${address};host="${authority}";proto=${known ? (peer.secure ? 'https' : 'http') : scheme}`
  const before = (list: string): string => (known && list !== '' ? `${list}, ` : '')
  let lines =
    `X-Forwarded-For: ${before(fields.forwardedFor)}${peer.address}\r\n` +
    `X-Forwarded-Host: ${(known && fields.forwardedHost) || authority}\r\n` +
    `X-Forwarded-Proto: ${scheme}\r\n` +
    `Forwarded: ${before(fields.forwarded)}${element}\r\n` +
    `Via: ${fields.via === '' ? '' : `${fields.via}, `}1.1 ${via}\r\n` +
    `X-Request-Id: ${id}\r\n`
  if (upgrade) lines += 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
  else if (/(?:^|,)\s*trailers\s*(?:,|;|$)/i.test(fields.te)) lines += 'Connection: TE\r\nTE: trailers\r\n'
  if (expectsContinue) lines += 'Expect: 100-continue\r\n'
  if (fields.transferEncoding !== '') lines += 'Transfer-Encoding: chunked\r\n'
  return lines
}

const controlFields = ({origin, match}: Exchange): string =>
  `X-Mcpx-Peer: ${origin.address}\r\nX-Mcpx-Loopback: ${origin.loopback ? 1 : 0}\r\nX-Mcpx-Secure: ${origin.secure ? 1 : 0}\r\nX-Mcpx-Part: ${match.builtin?.builtin}\r\n`

/** A web origin of the host itself; the scheme may differ where TLS ends before us. */
export function isOwnOrigin({fields, authority}: Exchange): boolean {
  const own = authority.toLowerCase()
  const origin = fields.origin.toLowerCase()
  return origin === `https://${own}` || origin === `http://${own}`
}

interface CustomHeaders {
  names: Set<string>
  lines: string
}
const customs = new WeakMap<ProxyTarget, CustomHeaders>()

function customOf(proxy: ProxyTarget | undefined): CustomHeaders | undefined {
  if (!proxy?.custom_headers) return undefined
  const known = customs.get(proxy)
  if (known) return known
  const entries = Object.entries(proxy.custom_headers).filter(
    ([name]) => !framingFields.has(name.toLowerCase()),
  )
  const made = {
    names: lowerNames(Object.fromEntries(entries)),
    lines: entries.map(([name, value]) => `${name}: ${value}\r\n`).join(''),
  }
  customs.set(proxy, made)
  return made
}

const lowerNames = (headers: Record<string, string>): Set<string> =>
  new Set(Object.keys(headers).map(name => name.toLowerCase()))

/** What the fields of an answer say about how to relay it. */
export interface AnswerWay {
  headers: string[]
  /** An event stream whose text we may look into. */
  events: boolean
}

/** The fields of an answer for the client: names and values in turn. */
export function answerHeaders(exchange: Exchange, head: AnswerHead, way: Way, closing: boolean): AnswerWay {
  const raw = head.headers
  const headers: string[] = []
  const shared = exchange.grant?.shared && exchange.fields.origin !== ''
  const stream = head.body && isEventStream(raw)
  let encoded = false
  let unbuffered = false
  let cached = false
  const dropped = connectionNames(listed(raw, 'connection'))
  const hsts = exchange.origin.secure ? exchange.match.proxy?.hsts_max_age : undefined
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string
    let value = raw[index + 1] as string
    switch (kindOf(name)) {
      case 'connection':
      case 'hop':
      case 'upgrade':
      case 'te':
      case 'transfer-encoding':
      case 'request-id':
      case 'own':
      case 'software':
        continue
      case 'trailer':
        if (!head.body || !head.chunked || exchange.request.httpVersionMinor === 0) continue
        break
      case 'content-length':
        if (head.status === 204 || head.status < 200) continue
        break
      case 'content-encoding':
        encoded = value.toLowerCase() !== 'identity'
        break
      case 'accel':
        unbuffered = true
        break
      case 'cache-control':
        cached = true
        break
      case 'session':
        if (exchange.tagged) value = way.affinity.tag(value, way.choice, exchange.grant)
        break
      case 'location':
        value = publicUrl(value, exchange, way)
        break
      default:
        break
    }
    if (dropped?.has(name.toLowerCase())) continue
    if (shared && /^access-control-/i.test(name)) continue
    if (hsts !== undefined && name.toLowerCase() === 'strict-transport-security') continue
    headers.push(name, value)
  }
  if (shared) headers.push(...sharedFields)
  if (hsts !== undefined) headers.push('Strict-Transport-Security', `max-age=${hsts}`)
  if (stream && !unbuffered) headers.push('X-Accel-Buffering', 'no')
  if (stream && !cached) headers.push('Cache-Control', 'no-cache')
  headers.push('X-Request-Id', exchange.id)
  if (closing) headers.push('Connection', 'close')
  return {headers, events: stream && !encoded && head.length === undefined}
}

/** What browser clients of MCP need to read (Fetch §3.2.3); without credentials, so that any origin may. */
const sharedFields = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Expose-Headers',
  'WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version',
]

function listed(raw: readonly string[], kind: string): string {
  let list = ''
  for (let index = 0; index < raw.length; index += 2) {
    if (kindOf(raw[index] as string) === kind) list += `${raw[index + 1]},`
  }
  return list
}

function isEventStream(raw: readonly string[]): boolean {
  for (let index = 0; index < raw.length; index += 2) {
    if (kindOf(raw[index] as string) === 'content-type')
      return /^text\/event-stream\b/i.test(raw[index + 1] as string)
  }
  return false
}

/** What the client must call to reach `url` of the upstream: a path under a stripped prefix, or an URL of its origin. */
export function publicUrl(url: string, exchange: Exchange, {destination, choice}: Way): string {
  const {href} = choice.upstream
  const absolute = url.startsWith(href) && /^(?:[/?#]|$)/.test(url.slice(href.length))
  const path = absolute ? url.slice(href.length) || '/' : url
  if (!path.startsWith('/') || path.startsWith('//')) return url
  const known = publicPath(path, destination, choice)
  if (known === undefined) return url
  return absolute ? `${exchange.scheme}://${exchange.authority}${known}` : known
}

/** Trailer fields that may go on: none that frames, routes or authenticates a message (RFC 9110 §6.5.1). */
export function trailerFields(raw: readonly string[]): [string, string][] {
  const kept: [string, string][] = []
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string
    if (
      kindOf(name) === 'pass' &&
      !/^(?:set-cookie|cookie|content-range|www-authenticate|max-forwards|range)$/i.test(name)
    ) {
      kept.push([name, raw[index + 1] as string])
    }
  }
  return kept
}
