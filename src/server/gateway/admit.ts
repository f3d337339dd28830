// What a request must be before it is routed: readable in one way only, from an origin that may ask, not our own.
import {Problem} from '../../core/problem.ts'
import {isConsole, isOpenToOrigins, type Places} from '../../core/routing/match.ts'
import type {Snapshot} from '../../core/routing/snapshot.ts'
import type {Exchange} from './exchange.ts'
import {isOwnOrigin} from './headers.ts'

const headLimit = 65_536
/** Above this it is the URL that makes a head too large. */
const urlLimit = 32_768

/** Throws bad-request, uri-too-long, headers-too-large, loop-detected, origin-forbidden, token-in-clear. */
export function admit(exchange: Exchange, snapshot: Snapshot, places: Places, via: string): void {
  checkForm(exchange)
  checkLoop(exchange, via)
  const console = isConsole(exchange.asked, places)
  if (exchange.fields.origin !== '' && !isOpenToOrigins(snapshot, exchange.asked, places))
    checkOrigin(exchange, snapshot, console || exchange.asked.host === places.authHost)
  const ours = console || exchange.asked.host === places.authHost
  if (ours && exchange.fields.authorization !== '' && !exchange.origin.secure && !exchange.origin.loopback) {
    throw new Problem('token-in-clear', 'A bearer secret came over plain HTTP from another machine')
  }
}

/** Throws bad-request, uri-too-long, headers-too-large. */
export function checkForm({fields, asked, authority, request}: Exchange): void {
  const size = (request.url?.length ?? 0) + fields.size
  if (size > headLimit) {
    const long = (request.url?.length ?? 0) > urlLimit
    throw new Problem(
      long ? 'uri-too-long' : 'headers-too-large',
      `The head of the request has ${size} bytes; 65536 are allowed`,
    )
  }
  if (fields.hosts > 1) throw new Problem('bad-request', 'The request has more than one Host')
  if (fields.hosts === 0 && authority === '') throw new Problem('bad-request', 'The request has no Host')
  if (asked.host === '')
    throw new Problem('bad-request', `The Host \`${authority.slice(0, 255)}\` is malformed`)
  if (asked.target === '')
    throw new Problem('bad-request', `The request target \`${request.url?.slice(0, 255)}\` is not a path`)
  if (fields.transferEncoding !== '' && fields.transferEncoding.toLowerCase() !== 'chunked') {
    throw new Problem(
      'bad-request',
      `The Transfer-Encoding \`${fields.transferEncoding.slice(0, 255)}\` is not \`chunked\``,
    )
  }
}

/** Our own name in Via says that we sent it (RFC 9110 §7.6.3). */
export function checkLoop({fields, asked}: Exchange, via: string): void {
  if (fields.via === '' || !fields.via.includes(via)) return
  throw new Problem('loop-detected', `The request for \`${asked.host}\` was sent by this mcpx itself`)
}

/**
 * Which web origins may call (MCP: servers MUST validate Origin; invalid is 403, before an unknown host is 421).
 * None sent: any caller. The host's own, and what the proxy allows: always. A loopback origin: on a loopback host that
 * is not the console. Any other is refused on hosts that do not exist, on the console, on loopback hosts (a web page
 * must not reach what runs on this machine), and for MCP requests; the rest goes to the upstream, whose CORS rules
 * decide, for a plain website may well be called by others (form posts, fonts, webhooks, public APIs).
 */
function checkOrigin(exchange: Exchange, snapshot: Snapshot, console: boolean): void {
  const {fields, asked} = exchange
  const proxy = console ? undefined : snapshot.proxies.get(asked.host)
  if ((console || proxy) && isOwnOrigin(exchange)) return
  const origin = fields.origin.toLowerCase()
  if (proxy?.allowed_origins?.some(allowed => allowed === '*' || allowed.toLowerCase() === origin)) return
  const local = isLoopbackName(asked.host)
  if (proxy && local && isLoopbackOrigin(origin)) return
  if (proxy && !local && !looksLikeMcp(exchange)) return
  throw new Problem(
    'origin-forbidden',
    `A page of \`${fields.origin.slice(0, 255)}\` may not call \`${asked.host}\``,
  )
}

const isLoopbackName = (host: string): boolean =>
  host === 'localhost' ||
  host.endsWith('.localhost') ||
  host === '[::1]' ||
  /^127(?:\.\d{1,3}){3}$/.test(host)

function isLoopbackOrigin(origin: string): boolean {
  const host = /^https?:\/\/(\[[0-9a-f:.]+\]|[^/:]+)(?::\d+)?$/.exec(origin)?.[1]
  return host !== undefined && isLoopbackName(host)
}

/** By what an MCP client must send: its own fields, or event streams accepted (also named in a preflight). */
function looksLikeMcp({fields, request}: Exchange): boolean {
  if (fields.mcp || /text\/event-stream/i.test(fields.accept)) return true
  const preflight =
    request.method === 'OPTIONS' ? request.headers['access-control-request-headers'] : undefined
  return preflight !== undefined && /(?:^|[\s,])mcp-/i.test(preflight)
}
