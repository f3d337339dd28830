// An exchange: one request and its answer under way, and what became known about it.
import {randomUUID} from 'node:crypto'
import {type IncomingMessage, ServerResponse} from 'node:http'
import type {ExchangeRecord} from '../../core/contract/system.ts'
import type {Grant} from '../../core/routing/grant.ts'
import type {Asked, Match} from '../../core/routing/match.ts'
import {Fields} from './fields.ts'
import {McpTap} from './mcp.ts'
import {type Origin, originOf, type Peer, type TrustedProxies} from './peer.ts'
import {plainPath, readTarget} from './target.ts'

/** A response that knows its exchange, so that handlers need no closure. */
export class Answer extends ServerResponse {
  exchange: Exchange | undefined
}

export class Exchange {
  readonly request: IncomingMessage
  readonly response: Answer
  readonly peer: Peer
  readonly fields: Fields
  readonly origin: Origin
  readonly id: string
  readonly asked: Asked
  /** Host as the client wrote it, with its port. */
  readonly authority: string
  readonly started = performance.now()
  match: Match = {}
  grant: Grant | undefined
  /** Session id for the upstream, without our tag. */
  session: string | undefined
  /** Whether the session ids of this upstream are tagged. */
  tagged = false
  /** Whether it asks for a WebSocket. */
  readonly upgrade: boolean
  readonly expectsContinue: boolean
  readonly mcp: McpTap | undefined
  /** Origin that was dialled. */
  upstream: string | undefined
  problem: string | undefined
  status = 0
  firstByte = 0
  bytesIn = 0
  bytesOut = 0
  /** The client left before it had the whole answer. */
  left = false
  /** Told when the client leaves. */
  onLeave: (() => void) | undefined
  readonly #closed = Promise.withResolvers<void>()

  constructor(
    request: IncomingMessage,
    response: Answer,
    peer: Peer,
    proxies: TrustedProxies,
    upgrade = false,
  ) {
    this.request = request
    this.response = response
    this.peer = peer
    const fields = new Fields(request.rawHeaders)
    this.fields = fields
    this.origin = originOf(peer, fields, proxies)
    this.id = peer.trusted && /^[\w.:-]{1,64}$/.test(fields.requestId) ? fields.requestId : randomUUID()
    this.upgrade = upgrade
    this.expectsContinue = fields.expect.toLowerCase() === '100-continue'
    this.mcp = McpTap.of(request, fields)
    const {authority, host, target} = readTarget(request.url ?? '', fields.host)
    this.authority = authority
    this.asked = {host, method: request.method ?? 'GET', target, loopback: this.origin.loopback}
    response.exchange = this
    response.on('close', onClose)
    response.on('error', onError)
    peer.active++
  }

  /** Resolves when the last byte has been sent or the client has left. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  get scheme(): 'http' | 'https' {
    return this.origin.secure ? 'https' : 'http'
  }

  /** Whether the request has a body, by its framing (RFC 9112 §6.3). */
  get hasBody(): boolean {
    const {contentLength, transferEncoding} = this.fields
    return transferEncoding !== '' || (contentLength !== '' && contentLength !== '0')
  }

  /** Called once, when nothing more will be sent. */
  close(): void {
    this.peer.active--
    this.left = !this.response.writableFinished && this.status !== 101
    if (this.left && !this.response.headersSent) this.status = 499
    this.onLeave?.()
    this.#closed.resolve()
  }

  record(): ExchangeRecord {
    const {asked, match, grant, mcp} = this
    const now = performance.now()
    const call = mcp?.read()
    const auth = decisionOf(match, grant)
    return {
      id: this.id,
      time: new Date(performance.timeOrigin + this.started).toISOString(),
      host: asked.host,
      method: asked.method,
      path: plainPath(asked.target),
      status: this.status,
      ms: milliseconds(now - this.started),
      ...(this.firstByte > 0 && {ttfb: milliseconds(this.firstByte - this.started)}),
      ...(match.proxy && {proxy: match.proxy.hostname}),
      ...(match.route && {route: match.route.route_id}),
      ...(this.upstream !== undefined && {upstream: this.upstream}),
      ...(auth && {auth}),
      ...(grant?.client !== undefined && {client: grant.client}),
      ...(grant?.user !== undefined && {user: grant.user}),
      remote: this.origin.address,
      bytes_in: this.bytesIn,
      bytes_out: this.bytesOut,
      ...(call?.method !== undefined && {mcp_method: call.method}),
      ...(call?.name !== undefined && {mcp_name: call.name}),
      ...(this.problem !== undefined && {problem: this.problem}),
    }
  }
}

/** Undefined for what no proxy serves. */
function decisionOf({proxy, builtin}: Match, grant: Grant | undefined): ExchangeRecord['auth'] {
  if (!proxy || builtin) return undefined
  if (!proxy.auth?.enabled) return 'open'
  if (!grant) return 'refused'
  return grant.principal === '' ? 'anonymous' : 'granted'
}

const milliseconds = (value: number): number => Math.round(value * 1000) / 1000

/** The client is gone; `close` follows. */
function onError(this: Answer): void {
  this.destroy()
}

function onClose(this: Answer): void {
  const {exchange} = this
  this.exchange = undefined
  exchange?.close()
}
