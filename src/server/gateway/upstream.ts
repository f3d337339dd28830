// Upstreams: what is dialled in the end, each with its connections and its health.
import {createHash} from 'node:crypto'
import {connect, isIP, type Socket} from 'node:net'
import {connect as connectTls} from 'node:tls'
import {isPublicAddress, NotPublic, publicLookup} from '../../core/address.ts'
import {Problem} from '../../core/problem.ts'
import {Connection} from './connection.ts'

const idleMost = 1024
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
  /** `public`: only addresses on the public internet, whatever a name resolves to. */
  reach: 'anywhere' | 'public'
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

  /** Open a connection. Throws upstream-unreachable, target-forbidden. `patience` in ms. */
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
  /** By reach and origin. Held weakly: one that no record and no connection names any more is forgotten. */
  readonly #known = new Map<string, WeakRef<Upstream>>()
  readonly #forgotten = new FinalizationRegistry<string>(key => {
    if (!this.#known.get(key)?.deref()) this.#known.delete(key)
  })
  readonly #connections = new Set<Connection>()
  readonly #ticking = setInterval(() => this.#tick(), 500).unref()

  at(address: UpstreamAddress): Upstream {
    const key = `${address.reach} ${address.href}`
    const known = this.#known.get(key)?.deref()
    if (known) return known
    const made = new Upstream(address, this.#connections)
    this.#known.set(key, new WeakRef(made))
    this.#forgotten.register(made, key)
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

async function dial(address: UpstreamAddress, patience: number): Promise<Socket> {
  const {promise, resolve, reject} = Promise.withResolvers<Socket>()
  const {href, secure} = address
  const socket = open(address)
  const ready = secure ? 'secureConnect' : 'connect'
  const fail = (reason: string, cause?: Error): void => {
    socket.destroy()
    reject(
      cause instanceof NotPublic
        ? new Problem('target-forbidden', reason)
        : new Problem('upstream-unreachable', `${href}: ${reason}`, {cause}),
    )
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

/** Throws target-forbidden for an address; a name is looked up later. */
function open({secure, host, port, socketPath, reach}: UpstreamAddress): Socket {
  if (socketPath !== undefined) return connect({path: socketPath})
  if (reach === 'public' && isIP(host) !== 0 && !isPublicAddress(host))
    throw new Problem('target-forbidden', new NotPublic(host).message)
  const where = {host, port, ...(reach === 'public' && {lookup: publicLookup})}
  if (!secure) return connect({...where, noDelay: true})
  return connectTls({...where, ALPNProtocols: ['http/1.1'], ...(isIP(host) === 0 && {servername: host})})
}

/** A host with several addresses fails with all their errors in one. */
function reasonOf(error: Error): string {
  return error instanceof AggregateError
    ? error.errors.map((one: Error) => one.message).join('; ')
    : error.message
}
