// Upstreams: what is dialled in the end, each with its connections and its health.
import {createHash} from 'node:crypto'
import {connect, type Socket} from 'node:net'
import {connect as connectTls} from 'node:tls'
import {Problem} from '../../core/problem.ts'
import {Connection} from './connection.ts'

const idleMost = 256
/** Silence after a failure, in ms; doubled with each further one. */
const ejectionFirst = 1000
const ejectionMost = 30_000
/** Failures in a row, other than to connect, that count as ill health. */
const failuresAllowed = 3

export interface UpstreamAddress {
  /** Origin, or `unix:` and a path. */
  href: string
  secure: boolean
  host: string
  port: number
  socketPath?: string
}

export class Upstream {
  readonly href: string
  /** Names it in a session tag, alike in every replica. */
  readonly tag: string
  /** Exchanges under way. */
  active = 0
  readonly #address: UpstreamAddress
  readonly #all: Set<Connection>
  readonly #idle: Connection[] = []
  #failures = 0
  #ejections = 0
  #ejectedUntil = 0

  constructor(address: UpstreamAddress, all: Set<Connection>) {
    this.#address = address
    this.#all = all
    this.href = address.href
    this.tag = createHash('sha256').update(address.href).digest('base64url').slice(0, 10)
  }

  /** The idle connection used last, which is the least likely to be stale. */
  take(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (!connection || connection.usable) return connection
    }
  }

  /** Open a connection. Throws upstream-unreachable. `patience` in ms. */
  async connect(patience: number): Promise<Connection> {
    const socket = await dial(this.#address, patience)
    const connection = new Connection(socket, this)
    this.#all.add(connection)
    return connection
  }

  release(connection: Connection): void {
    if (this.#idle.length < idleMost) this.#idle.push(connection)
    else connection.destroy()
  }

  forget(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
  }

  healthyAt(now: number): boolean {
    return this.#ejectedUntil <= now
  }

  get ejectedUntil(): number {
    return this.#ejectedUntil
  }

  succeeded(): void {
    this.#failures = 0
    this.#ejections = 0
    this.#ejectedUntil = 0
  }

  /** `certain`: it cannot be reached at all. */
  failed(certain: boolean): void {
    this.#failures++
    if (!certain && this.#failures < failuresAllowed) return
    this.#ejectedUntil = performance.now() + Math.min(ejectionFirst * 2 ** this.#ejections, ejectionMost)
    this.#ejections = Math.min(this.#ejections + 1, 10)
  }
}

export class Upstreams {
  readonly #known = new Map<string, Upstream>()
  readonly #connections = new Set<Connection>()
  readonly #ticking = setInterval(() => this.#tick(), 500).unref()

  at(address: UpstreamAddress): Upstream {
    const known = this.#known.get(address.href)
    if (known) return known
    const made = new Upstream(address, this.#connections)
    this.#known.set(address.href, made)
    return made
  }

  close(): void {
    clearInterval(this.#ticking)
    for (const connection of this.#connections) connection.socket.destroy()
  }

  #tick(): void {
    const now = performance.now()
    for (const connection of this.#connections) connection.tick(now)
  }
}

function dial({href, secure, host, port, socketPath}: UpstreamAddress, patience: number): Promise<Socket> {
  const {promise, resolve, reject} = Promise.withResolvers<Socket>()
  const where = socketPath === undefined ? {host, port} : {path: socketPath}
  const socket = secure
    ? connectTls({
        ...where,
        ALPNProtocols: ['http/1.1'],
        ...(/^[\d.]+$|:/.test(host) ? {} : {servername: host}),
      })
    : connect({...where, noDelay: true})
  const ready = secure ? 'secureConnect' : 'connect'
  const fail = (reason: string, cause?: Error): void => {
    socket.destroy()
    reject(new Problem('upstream-unreachable', `${href}: ${reason}`, {cause}))
  }
  const timer = setTimeout(() => fail(`no connection within ${patience / 1000} s`), patience)
  const onError = (error: Error): void => {
    clearTimeout(timer)
    fail(reasonOf(error), error)
  }
  socket.once('error', onError)
  socket.once(ready, () => {
    clearTimeout(timer)
    socket.off('error', onError)
    if (secure) socket.setNoDelay(true)
    resolve(socket)
  })
  return promise
}

/** A host with several addresses fails with all their errors in one. */
function reasonOf(error: Error): string {
  return error instanceof AggregateError
    ? error.errors.map((one: Error) => one.message).join('; ')
    : error.message
}
