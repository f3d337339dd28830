// The ports of services on which the gateway itself listens: HTTP for those who carry a port token, TCP for listed addresses.
import {connect, createServer, type Server, type Socket} from 'node:net'
import ipaddr from 'ipaddr.js'
import {Problem} from '../../core/problem.ts'
import {
  type GuardedPort,
  type GuardedPorts,
  refusal,
  type StoredPortToken,
} from '../../core/routing/guarded.ts'
import type {Exchange} from './exchange.ts'
import type {Gateway} from './gateway.ts'
import {isOwnOrigin} from './headers.ts'
import type {Listener} from './listeners.ts'
import {TrustedProxies} from './peer.ts'
import {ask, cookieName, nextPath, readCookies, readVisit, visitPath, welcome} from './port-visit.ts'

/** Ms between looks at what has expired, and at ports that could not be had. */
const lookEvery = 500

interface Open {
  port: GuardedPort
  close(): void
}

/** What a request carries its token in. */
interface Carried {
  token: string | undefined
  by: 'authorization' | 'x-port-token' | 'cookie'
  otherCookies: string
}

export interface GuardedOptions {
  ports: GuardedPorts
  gateway: Gateway
  /** Whether several workers listen on the same port. */
  shared: boolean
  report: (error: unknown) => void
}

export class GuardedListeners {
  readonly #options: GuardedOptions
  readonly #open = new Map<string, Promise<Open | undefined>>()
  /** Who was let in by which token, to be let out when it ends. */
  readonly #inside = new Map<Exchange, {token: StoredPortToken; key: string}>()
  readonly #said = new Set<string>()
  readonly #timer: NodeJS.Timeout

  constructor(options: GuardedOptions) {
    this.#options = options
    options.ports.onChange(() => this.#sync())
    this.#timer = setInterval(() => this.#sync(), lookEvery).unref()
    this.#sync()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#options.ports.onChange(() => {})
    for (const open of await Promise.all(this.#open.values())) open?.close()
  }

  #sync(): void {
    const wanted = this.#options.ports.ports
    for (const [key, open] of this.#open) {
      if (wanted.has(key)) continue
      this.#open.delete(key)
      void open.then(one => one?.close())
    }
    for (const port of wanted.values())
      if (!this.#open.has(port.key)) this.#open.set(port.key, this.#listen(port))
    for (const [exchange, {token, key}] of this.#inside) {
      const port = wanted.get(key)
      if (!port || this.#options.ports.refusalNow(token, port) !== undefined)
        exchange.request.socket.destroy()
    }
  }

  async #listen(port: GuardedPort): Promise<Open | undefined> {
    try {
      const open = port.token ? await this.#listenHttp(port) : await this.#listenTcp(port)
      this.#said.delete(port.key)
      return open
    } catch (error) {
      // Told once; tried again with the next look.
      if (!this.#said.has(port.key)) this.#options.report(error)
      this.#said.add(port.key)
      this.#open.delete(port.key)
      return undefined
    }
  }

  async #listenHttp(port: GuardedPort): Promise<Open> {
    const {gateway} = this.#options
    const listener: Listener = await gateway.listenAside(this.#target(port), exchange =>
      this.#decide(exchange, port.key),
    )
    return {port, close: () => gateway.leave(listener)}
  }

  #target({host, bind}: GuardedPort): {port: number; host: string; reusePort: boolean} {
    return {port: host, host: bind, reusePort: this.#options.shared}
  }

  #current(key: string): GuardedPort {
    const port = this.#options.ports.ports.get(key)
    if (port) return port
    throw new Problem('upstream-unknown', 'This port leads nowhere any more')
  }

  /** Where a request goes; undefined when it has been answered. Throws source-forbidden, token-in-clear, port-token-missing, port-token-invalid. */
  async #decide(exchange: Exchange, key: string): Promise<string | undefined> {
    const port = this.#current(key)
    if (port.sources && !isListed(port.sources, exchange.origin.address))
      throw new Problem('source-forbidden', `${exchange.origin.address} may not use port ${port.host}`)
    const {secure, loopback} = exchange.origin
    // Who lists the addresses that may come vouches for the network between.
    if (!secure && !loopback && !port.sources)
      throw new Problem('token-in-clear', 'Port tokens are not taken over plain HTTP from another machine', {
        hint: 'come over loopback, through a trusted proxy with TLS, or list the addresses that may come: `--allowed-sources`',
      })
    const path = exchange.asked.target.split('?')[0]
    if (path === visitPath) return this.#visit(exchange, port)
    const carried = carriedBy(exchange, port.host)
    const token = carried.token === undefined ? undefined : this.#options.ports.tokenOf(carried.token)
    const why = token && refusal(token, port)
    if (!token || why !== undefined) return this.#turnAway(exchange, port, carried, why)
    checkOrigin(exchange, carried)
    exchange.grant = {
      principal: `port token ${token.token_name}`,
      client: token.token_name,
      headers: passedOn(carried),
      reserved: 'x-port-token',
      drops: ['cookie'],
      keepsAuthorization: carried.by !== 'authorization' && !bearerOf(exchange)?.startsWith('pat_'),
      cookie: cookieName(port.host),
      shared: false,
    }
    if (!port.target) throw new Problem('service-down', `The service ${port.service} does not run now`)
    this.#options.gateway.tokenUsed(token.token_name)
    this.#inside.set(exchange, {token, key})
    void exchange.closed.then(() => this.#inside.delete(exchange))
    return `http://${port.target.address}:${port.target.port}`
  }

  #turnAway(exchange: Exchange, port: GuardedPort, {token}: Carried, why: string | undefined): undefined {
    const {request, asked, upgrade} = exchange
    const page = request.method === 'GET' && !upgrade && /text\/html/.test(exchange.fields.accept)
    if (page) {
      ask(exchange, port.service, nextPath(asked.target), token !== undefined)
      return undefined
    }
    if (token === undefined)
      throw new Problem('port-token-missing', `Port ${port.host} opens with a port token`, {
        headers: {'WWW-Authenticate': 'Bearer realm="port"'},
      })
    throw new Problem('port-token-invalid', `The port token was refused: ${why ?? 'it is not known'}`, {
      headers: {'WWW-Authenticate': 'Bearer realm="port", error="invalid_token"'},
    })
  }

  async #visit(exchange: Exchange, port: GuardedPort): Promise<undefined> {
    const visit = await readVisit(exchange)
    const to = nextPath(visit.get('to'))
    const secret = visit.get('token')
    const token = secret === null ? undefined : this.#options.ports.tokenOf(secret)
    if (secret !== null && token && refusal(token, port) === undefined)
      welcome(exchange, port.host, secret, token.expires_at, to)
    else ask(exchange, port.service, to, secret !== null)
    return undefined
  }

  async #listenTcp(port: GuardedPort): Promise<Open> {
    const sockets = new Set<Socket>()
    const server: Server = createServer({allowHalfOpen: true}, socket => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      this.#relay(socket, port.key)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#target(port), resolve)
    })
    const close = (): void => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
    return {port, close}
  }

  #relay(socket: Socket, key: string): void {
    const port = this.#options.ports.ports.get(key)
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    socket.on('error', () => socket.destroy())
    if (!port?.target || !port.sources || !isListed(port.sources, address)) {
      socket.destroy()
      return
    }
    const upstream = connect({host: port.target.address, port: port.target.port, allowHalfOpen: true})
    upstream.on('error', () => upstream.destroy())
    upstream.once('close', () => socket.destroy())
    socket.once('close', () => upstream.destroy())
    socket.pipe(upstream)
    upstream.pipe(socket)
  }
}

const lists = new WeakMap<readonly string[], TrustedProxies>()

function isListed(sources: readonly string[], address: string): boolean {
  const list = lists.get(sources) ?? new TrustedProxies(sources)
  lists.set(sources, list)
  return ipaddr.isValid(address) && list.includes(address)
}

/** A browser sends its cookie with what pages of other ports of the host ask, too. Throws origin-forbidden. */
function checkOrigin(exchange: Exchange, {by}: Carried): void {
  const {origin} = exchange.fields
  if (by !== 'cookie' || origin === '' || isOwnOrigin(exchange)) return
  throw new Problem(
    'origin-forbidden',
    `A page of \`${origin.slice(0, 255)}\` may not use the port token of another`,
    {hint: 'send the port token itself, as `Authorization: Bearer` or `X-Port-Token`'},
  )
}

const bearerOf = ({request: {headers}}: Exchange): string | undefined =>
  /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]

function carriedBy(exchange: Exchange, host: number): Carried {
  const {headers} = exchange.request
  const {own, others: otherCookies} = readCookies(headers.cookie, host)
  const bearer = bearerOf(exchange)
  const field = headers['x-port-token']
  if (typeof field === 'string') return {token: field, by: 'x-port-token', otherCookies}
  // A bearer token of another kind is meant for the service itself.
  if (bearer?.startsWith('pat_') || (bearer !== undefined && own === undefined))
    return {token: bearer, by: 'authorization', otherCookies}
  return {token: own, by: 'cookie', otherCookies}
}

/** The cookies that are not ours. */
const passedOn = ({otherCookies}: Carried): Record<string, string> =>
  otherCookies === '' ? {} : {Cookie: otherCookies}
