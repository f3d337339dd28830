// The public ports: node:http servers whose requests become exchanges, and what happens to what is no request.
import {randomUUID} from 'node:crypto'
import {createServer, IncomingMessage, type Server} from 'node:http'
import type {Http2Server, ServerHttp2Session} from 'node:http2'
import type {AddressInfo, Server as NetServer, Socket} from 'node:net'
import type {Duplex} from 'node:stream'
import type {TLSSocket} from 'node:tls'
import {Problem, type ProblemCode} from '../../core/problem.ts'
import type {Places} from '../../core/routing/match.ts'
import type {Snapshot} from '../../core/routing/snapshot.ts'
import {Answer, Exchange} from './exchange.ts'
import {createHttp2} from './http2.ts'
import {type Peer, peerOf, type TrustedProxies} from './peer.ts'
import {refuse, refuseRaw} from './refuse.ts'
import {TlsDoor} from './tls.ts'

/** Where to listen: an address, or the handle of a socket that several workers share. */
export type ListenTarget = {port: number; host?: string | undefined; reusePort?: boolean} | {handle: object}

export interface ListenerOptions {
  /** TLS ends here, with the certificates of the snapshot. */
  secure: {snapshot: Snapshot; places: Places} | false
  trusted: TrustedProxies
  /** Ms for a request head to arrive. */
  headersTimeout: number
  serve: (exchange: Exchange) => void
}

/** node:http refuses heads above this itself; admit has the limit people are told. */
const headMost = 256 * 1024
const idleClients = 75_000

export class Listener {
  readonly #options: ListenerOptions
  readonly #server: Server<typeof IncomingMessage, typeof Answer>
  /** What accepts: the server itself, or TLS in front of it. */
  readonly #front: NetServer
  readonly #door: TlsDoor | undefined
  readonly #http2: Http2Server | undefined
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #peers = new WeakMap<object, Peer>()
  readonly #sockets = new Set<Socket>()

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#server = createServer({
      IncomingMessage,
      ServerResponse: Answer,
      headersTimeout: options.headersTimeout,
      connectionsCheckingInterval: Math.min(1000, options.headersTimeout),
      // Uploads take as long as they take; while one stalls, the upstream's patience counts.
      requestTimeout: 0,
      keepAliveTimeout: idleClients,
      maxHeaderSize: headMost,
      requireHostHeader: false,
      noDelay: true,
      shouldUpgradeCallback: asksForWebSocket,
    })
    // Their octets are bounded, not their number.
    this.#server.maxHeadersCount = 0
    this.#server.on('connection', this.#connected)
    this.#server.on('request', this.#requested)
    this.#server.on('checkContinue', this.#requested)
    this.#server.on('checkExpectation', this.#requested)
    this.#server.on('upgrade', this.#upgraded)
    this.#server.on('connect', this.#tunnelled)
    this.#server.on('clientError', this.#broken)
    this.#front = this.#server
    if (!options.secure) return
    this.#http2 = createHttp2({
      request: (request, answer) => {
        const peer = this.#peers.get(request.stream.session as object) as Peer
        // They have what the request path uses of node:http; see http2.ts.
        const asked: object = request
        const given: object = answer
        this.#options.serve(
          new Exchange(asked as IncomingMessage, given as Answer, peer, this.#options.trusted),
        )
      },
      session: this.#began,
    })
    const {snapshot, places} = options.secure
    this.#door = new TlsDoor(snapshot, places, (socket, protocol) => {
      const server = protocol === 'h2' ? this.#http2 : this.#server
      server?.emit('connection', socket)
    })
    this.#front = this.#door.server
  }

  /** The certificates have changed. */
  refresh(): void {
    this.#door?.refresh()
  }

  /** Resolves once it accepts. Rejects with the error of the system, e.g. EADDRINUSE. */
  listen(target: ListenTarget): Promise<AddressInfo> {
    const {promise, resolve, reject} = Promise.withResolvers<AddressInfo>()
    this.#front.once('error', reject)
    this.#front.listen('handle' in target ? target.handle : target, () => {
      this.#front.off('error', reject)
      // It watches its time limits from now on, also when TLS listens in its place.
      if (this.#front !== this.#server) this.#server.emit('listening')
      resolve(this.#front.address() as AddressInfo)
    })
    return promise
  }

  /** Accept nothing more; resolves when every connection is closed. Idle ones are closed now. */
  drain(): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<void>()
    this.#front.close(() => resolve())
    if (this.#front !== this.#server) this.#server.close()
    this.#server.closeIdleConnections()
    for (const session of this.#sessions) session.close()
    return promise
  }

  /** Cut off what is left, WebSockets too. */
  destroy(): void {
    this.#front.close()
    this.#server.close()
    for (const session of this.#sessions) session.destroy()
    for (const socket of this.#sockets) socket.destroy()
    this.#door?.destroy()
  }

  readonly #began = (session: ServerHttp2Session): void => {
    this.#peers.set(session, this.#peerOf(session.socket as TLSSocket))
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
  }

  #peerOf(socket: Socket): Peer {
    const peer = peerOf(socket, this.#options.secure !== false, this.#options.trusted)
    const {servername} = socket as TLSSocket
    return typeof servername === 'string' ? {...peer, servername: servername.toLowerCase()} : peer
  }

  readonly #connected = (socket: Socket): void => {
    this.#peers.set(socket, this.#peerOf(socket))
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  readonly #requested = (request: IncomingMessage, response: Answer): void => {
    const peer = this.#peers.get(request.socket) as Peer
    this.#options.serve(new Exchange(request, response, peer, this.#options.trusted))
  }

  readonly #upgraded = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const peer = this.#peers.get(socket) as Peer
    const client = socket as Socket
    client.on('error', () => client.destroy())
    if (head.length > 0) client.unshift(head)
    const response = new Answer(request)
    response.shouldKeepAlive = false
    response.assignSocket(client)
    response.once('finish', () => client.destroySoon())
    client.once('close', () => response.emit('close'))
    this.#options.serve(new Exchange(request, response, peer, this.#options.trusted, true))
  }

  /** CONNECT is for forward proxies. */
  readonly #tunnelled = (request: IncomingMessage, socket: Duplex): void => {
    socket.on('error', () => socket.destroy())
    refuseRaw(
      socket,
      new Problem('method-not-allowed', `mcpx does not tunnel to ${request.url?.slice(0, 255)}`),
      randomUUID(),
    )
  }

  readonly #broken = (
    error: Error & {code?: string; reason?: string; rawPacket?: Buffer},
    socket: Duplex,
  ): void => {
    const peer = this.#peers.get(socket)
    if (socket.writableEnded) return
    if (!socket.writable || error.code === 'ECONNRESET' || error.code === 'EPIPE') {
      socket.destroy()
      return
    }
    const problem = readError(error)
    const current = (socket as Socket & {_httpMessage?: Answer | null})._httpMessage?.exchange
    if (!peer || peer.active === 0) refuseRaw(socket, problem, randomUUID())
    else if (peer.active === 1 && current && !current.response.headersSent) refuse(current, problem)
    else socket.destroy()
  }
}

/** Other protocols are not for a proxy to switch to; with a body it would be unclear whose its bytes are. */
function asksForWebSocket({headers}: IncomingMessage): boolean {
  const body = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return headers.upgrade?.toLowerCase() === 'websocket' && !body
}

function readError({code, reason, message}: Error & {code?: string; reason?: string}): Problem {
  const known: Record<string, [ProblemCode, string]> = {
    HPE_HEADER_OVERFLOW: ['headers-too-large', 'The head of the request is too large'],
    HPE_CHUNK_EXTENSIONS_OVERFLOW: ['bad-request', 'The chunk extensions are too large'],
    ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The head of the request did not arrive in time'],
  }
  const [problem, detail] = known[code ?? ''] ?? [
    'bad-request',
    `The request is not valid HTTP: ${reason ?? message}`,
  ]
  return new Problem(problem, detail)
}
