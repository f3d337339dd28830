// All state of mcpx: records through one script, first-start values, and the connections they travel on.
import {Problem} from '../problem.ts'
import {connectRedis, endConnection, type RedisAddress, type RedisConnection} from './redis.ts'
import {Seal} from './seal.ts'
import {writeScript} from './write-script.ts'

/** One write of `Store.write`; without `value` the record is deleted. */
export interface Change {
  noun: string
  key: string
  /** `any`: whatever is there. */
  expect: 'absent' | 'present' | 'any' | number
  value?: string
  owner?: string
  /** Things only one record may hold, e.g. a path and priority on a host. */
  claims?: string[]
  /** Records (`noun/key`) that must exist and cannot be deleted while this one names them. */
  refs?: string[]
  /** Records that must exist now. */
  requires?: string[]
}

export interface StoreOptions {
  address: RedisAddress
  /** 32 bytes; see Seal. */
  secretKey: Buffer
  /** Key prefix with its hash tag; tests use their own. */
  prefix?: string
  /** Feed entries kept; who falls behind further reloads. */
  feedLength?: number
}

type WithScript = RedisConnection & {
  mcpxWrite: (feed: string, ...args: string[]) => Promise<[string, ...string[]]>
}

export class Store {
  readonly redis: RedisConnection
  readonly seal: Seal
  readonly prefix: string
  readonly options: StoreOptions

  /** `redis` is the connection of another store, to share. */
  constructor(options: StoreOptions, redis?: RedisConnection) {
    this.options = options
    this.prefix = options.prefix ?? 'mcpx:{mcpx}:'
    this.seal = new Seal(options.secretKey)
    this.redis = redis ?? connectRedis(options.address, {commandTimeout: 5000})
    if (!redis) this.redis.defineCommand('mcpxWrite', {numberOfKeys: 1, lua: writeScript})
  }

  get feedKey(): string {
    return `${this.prefix}feed`
  }

  get feedLength(): number {
    return this.options.feedLength ?? 10_000
  }

  /** A connection of its own, for a command that blocks. */
  connection(): RedisConnection {
    return connectRedis(this.options.address)
  }

  /**
   * Check all changes, then write all, in one step. Answers the revision of each.
   * With `dryRun` nothing is written. Throws already-exists, not-found, revision-mismatch, route-taken,
   * reference-unknown, in-use, store-unavailable.
   */
  async write(changes: readonly Change[], {dryRun = false} = {}): Promise<number[]> {
    const complete = changes.map(change => ({claims: [], refs: [], requires: [], owner: '', ...change}))
    // An empty list must reach Lua as a list: cjson reads `[]` as an empty table, which ipairs takes.
    const [outcome, ...rest] = await this.call(() =>
      (this.redis as WithScript).mcpxWrite(
        this.feedKey,
        this.prefix,
        String(this.feedLength),
        JSON.stringify(complete),
        dryRun ? '1' : '',
      ),
    )
    if (outcome === 'ok') return rest.map(Number)
    throw refusal(outcome, rest)
  }

  /** What is kept of the records of `keys`: `revision\njson`, or null where there is none. */
  async stored(noun: string, keys: readonly string[]): Promise<(string | null)[]> {
    if (keys.length === 0) return []
    return this.call(() => this.redis.hmget(this.prefix + noun, ...keys))
  }

  /** Run a Redis command; throws store-unavailable when Redis is away or refuses. */
  async call<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command()
    } catch (cause) {
      if (cause instanceof Problem) throw cause
      throw new Problem('store-unavailable', `Redis: ${(cause as Error).message}`, {cause})
    }
  }

  /** Which record (`noun/key`) holds a claim. */
  async claimant(claim: string): Promise<string | undefined> {
    return (await this.call(() => this.redis.hget(`${this.prefix}claims`, claim))) ?? undefined
  }

  /** Which record holds each of `claims`, in their order. */
  async claimants(claims: readonly string[]): Promise<(string | undefined)[]> {
    if (claims.length === 0) return []
    const found = await this.call(() => this.redis.hmget(`${this.prefix}claims`, ...claims))
    return found.map(one => one ?? undefined)
  }

  /** A secret made once for all replicas: the first to ask makes it, the others get the same. Sealed at rest. */
  async firstStart(name: string, make: () => string): Promise<string> {
    const key = `${this.prefix}first:${name}`
    const place = `first/${name}`
    await this.call(() => this.redis.set(key, this.seal.seal(place, make()), 'NX'))
    const sealed = await this.call(() => this.redis.get(key))
    return this.seal.open(place, sealed ?? '')
  }

  /** Every first-start secret there is, by name. */
  async firstStartValues(): Promise<[name: string, value: string][]> {
    const start = `${this.prefix}first:`
    const found: [string, string][] = []
    for await (const key of this.keys(start)) {
      const name = key.slice(start.length)
      const sealed = await this.call(() => this.redis.get(key))
      if (sealed !== null) found.push([name, this.seal.open(`first/${name}`, sealed)])
    }
    return found
  }

  /** Every key that begins with `start`, on whatever node. */
  async *keys(start: string): AsyncGenerator<string> {
    const match = `${start.replace(/[[\]*?\\]/g, '\\$&')}*`
    for (const node of 'nodes' in this.redis ? this.redis.nodes('master') : [this.redis])
      for await (const keys of node.scanStream({match, count: 1000})) yield* new Set(keys as string[])
  }

  /** Put a first-start secret in place of what was there; who has read it keeps the old one until it starts again. */
  async setFirstStart(name: string, value: string): Promise<void> {
    await this.call(() =>
      this.redis.set(`${this.prefix}first:${name}`, this.seal.seal(`first/${name}`, value)),
    )
  }

  /** Number of the newest change. */
  async newest(): Promise<number> {
    return Number((await this.call(() => this.redis.get(`${this.prefix}seq`))) ?? 0)
  }

  async close(): Promise<void> {
    endConnection(this.redis)
  }
}

function refusal(outcome: string, [what = '', ...rest]: string[]): Problem {
  switch (outcome) {
    case 'exists':
      return new Problem('already-exists', `${what.replace('/', ' ')} exists already`)
    case 'missing':
      return new Problem('not-found', `There is no ${what.replace('/', ' ')}`)
    case 'revision':
      return new Problem('revision-mismatch', `${what.replace('/', ' ')} is at revision ${rest[0]} by now`)
    case 'claimed':
      if (what.startsWith('port:')) {
        const [protocol, port] = what.split(':').slice(-2)
        return new Problem('port-taken', `Port ${port}/${protocol} belongs to ${rest[0]?.replace('/', ' ')}`)
      }
      // Whose it is tells nobody who does not know that secret.
      if (/^(token|key|port-token):/.test(what))
        return new Problem('already-exists', 'The same secret is in use already')
      return routeTaken(rest[0] ?? 'route')
    case 'reference':
      return new Problem('reference-unknown', `There is no ${what.replace('/', ' ')}`)
    case 'used':
      return new Problem(
        'in-use',
        `${what.replace('/', ' ')} is used by ${rest.map(user => user.replace('/', ' ')).join(', ')}`,
      )
    default:
      return new Problem('internal', `The store answered ${outcome}`)
  }
}

/** `holder`: the record (`noun/key`) that has the place on the host. */
export function routeTaken(holder: string): Problem {
  const name = holder.replace('/', ' ')
  return new Problem('route-taken', `${name} has this path and priority already`, {
    errors: [{field: 'priority', reason: `taken by ${name}`, remedy: 'give another priority or path'}],
  })
}
