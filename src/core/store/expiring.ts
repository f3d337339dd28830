// Values that expire by themselves: one key each with a TTL, sealed, and used once where that matters.
import {createHash} from 'node:crypto'
import type {RedisConnection} from './redis.ts'
import type {Store} from './store.ts'

/**
 * KEYS[1] the value. ARGV[1] now (Unix milliseconds). The first caller marks it as used and gets 0; every later one gets the time
 * of the first. Nothing there: -1. The value stays, so that a replay is recognised as one.
 */
const consumeScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return '-1' end
if redis.call('HSETNX', KEYS[1], 'c', ARGV[1]) == 1 then return '0' end
return redis.call('HGET', KEYS[1], 'c')
`

/** KEYS[1] a counter. ARGV[1] seconds it lives. Counts and answers the count. */
const countScript = `
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return n
`

type WithScripts = RedisConnection & {
  mcpxConsume: (key: string, now: string) => Promise<string>
  mcpxCount: (key: string, seconds: string) => Promise<number>
}

export interface Expiring<T> {
  value: T
  /** When it was used, in Unix milliseconds. */
  consumed: number | undefined
}

/** One key in a backup: a value with its use and its end (Unix milliseconds), a list with the ends, or figures. */
export type Kept =
  | {value: string; consumed?: string; until?: number}
  | {list: [member: string, until: string][]}
  | {figures: Record<string, string>}

/** Stands for our prefix in members of lists that name other keys. */
const own = '~'

export class ExpiringValues {
  readonly #store: Store
  /** Without a hash tag: these keys spread over a cluster. */
  readonly #prefix: string

  constructor(store: Store) {
    this.#store = store
    this.#prefix = `${store.prefix.replace(/[{}]/g, '')}values:`
    store.redis.defineCommand('mcpxConsume', {numberOfKeys: 1, lua: consumeScript})
    store.redis.defineCommand('mcpxCount', {numberOfKeys: 1, lua: countScript})
  }

  /** Ids are bearer secrets, so that only their hash stands in Redis. `seconds` undefined is for ever. */
  async put(kind: string, id: string, value: unknown, seconds: number | undefined): Promise<void> {
    const key = this.#key(kind, id)
    const sealed = this.#store.seal.seal(key, JSON.stringify(value))
    await this.#store.call(async () => {
      const pipeline = this.#redis.pipeline().hset(key, 'v', sealed)
      if (seconds === undefined) pipeline.persist(key)
      else pipeline.expire(key, Math.max(1, Math.ceil(seconds)))
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    })
  }

  async get<T>(kind: string, id: string): Promise<Expiring<T> | undefined> {
    const key = this.#key(kind, id)
    const [sealed, consumed] = await this.#store.call(() => this.#redis.hmget(key, 'v', 'c'))
    if (sealed == null) return undefined
    return {
      value: JSON.parse(this.#store.seal.open(key, sealed)) as T,
      consumed: consumed == null ? undefined : Number(consumed),
    }
  }

  async delete(kind: string, id: string): Promise<void> {
    await this.#store.call(() => this.#redis.del(this.#key(kind, id)))
  }

  /** A name for a value that says nothing of its id. */
  reference(kind: string, id: string): string {
    return this.#key(kind, id)
  }

  async deleteReferences(references: readonly string[]): Promise<void> {
    // One by one: in a cluster they lie on different nodes.
    await this.#store.call(() => Promise.all(references.map(key => this.#redis.unlink(key))))
  }

  /** Seconds it still lives; undefined when it is for ever or gone. */
  async lifetime(kind: string, id: string): Promise<number | undefined> {
    const seconds = await this.#store.call(() => this.#redis.ttl(this.#key(kind, id)))
    return seconds < 0 ? undefined : seconds
  }

  /** `first` for exactly one caller, else when it was first used (Unix milliseconds), or `gone`. */
  async consume(kind: string, id: string): Promise<'first' | 'gone' | number> {
    const answer = await this.#store.call(() =>
      (this.#redis as WithScripts).mcpxConsume(this.#key(kind, id), String(Date.now())),
    )
    return answer === '0' ? 'first' : answer === '-1' ? 'gone' : Number(answer)
  }

  /** Count something that is limited, over a window that begins with the first. */
  async count(what: string, seconds: number): Promise<number> {
    return this.#store.call(() =>
      (this.#redis as WithScripts).mcpxCount(this.#key('count', what), String(seconds)),
    )
  }

  async counted(what: string): Promise<number> {
    return Number((await this.#store.call(() => this.#redis.get(this.#key('count', what)))) ?? 0)
  }

  /** Put `member` on a list that forgets it at `until` (Unix seconds). */
  async list(name: string, member: string, until: number): Promise<void> {
    const key = `${this.#prefix}${name}`
    await this.#store.call(() =>
      this.#redis
        .pipeline()
        .zadd(key, until, member)
        .zremrangebyscore(key, '-inf', `(${Math.floor(Date.now() / 1000)}`)
        .exec(),
    )
  }

  async unlist(name: string, ...members: string[]): Promise<void> {
    if (members.length > 0)
      await this.#store.call(() => this.#redis.zrem(`${this.#prefix}${name}`, ...members))
  }

  async drop(name: string): Promise<void> {
    await this.#store.call(() => this.#redis.del(`${this.#prefix}${name}`))
  }

  /** Members of a list that still hold, latest end first. */
  async listed(name: string, from = 0, limit = 1_000_000): Promise<string[]> {
    const now = Math.floor(Date.now() / 1000)
    return this.#store.call(() =>
      this.#redis.zrevrangebyscore(`${this.#prefix}${name}`, '+inf', now, 'LIMIT', from, limit),
    )
  }

  async listedCount(name: string): Promise<number> {
    const now = Math.floor(Date.now() / 1000)
    return this.#store.call(() => this.#redis.zcount(`${this.#prefix}${name}`, now, '+inf'))
  }

  /** Add one to a figure that is kept for ever. */
  async tally(name: string, field: string): Promise<void> {
    await this.#store.call(() => this.#redis.hincrby(`${this.#prefix}${name}`, field, 1))
  }

  async tallies(name: string): Promise<Record<string, number>> {
    const all = await this.#store.call(() => this.#redis.hgetall(`${this.#prefix}${name}`))
    return Object.fromEntries(Object.entries(all).map(([field, count]) => [field, Number(count)]))
  }

  /** Everything but counters, opened, under names without the prefix. */
  async *kept(): AsyncGenerator<[name: string, kept: Kept]> {
    for await (const key of this.#store.keys(this.#prefix)) {
      const kept = await this.#read(key)
      if (kept) yield [key.slice(this.#prefix.length), kept]
    }
  }

  async #read(key: string): Promise<Kept | undefined> {
    const type = await this.#store.call(() => this.#redis.type(key))
    if (type === 'zset') {
      const flat = await this.#store.call(() => this.#redis.zrange(key, '0', '-1', 'WITHSCORES'))
      const members = flat.filter((_, at) => at % 2 === 0)
      return {list: members.map((member, at) => [this.#shortened(member), flat[2 * at + 1] ?? ''])}
    }
    if (type !== 'hash') return undefined
    const {v, c, ...figures} = await this.#store.call(() => this.#redis.hgetall(key))
    if (v === undefined) return {figures}
    const until = await this.#store.call(() => this.#redis.pexpiretime(key))
    return {
      value: this.#store.seal.open(key, v),
      ...(c !== undefined && {consumed: c}),
      ...(until > 0 && {until}),
    }
  }

  readonly #shortened = (member: string): string =>
    member.startsWith(this.#prefix) ? `${own}${member.slice(this.#prefix.length)}` : member

  /** Put these in place of everything that is kept. */
  async replace(all: Iterable<[name: string, kept: Kept]>): Promise<void> {
    for await (const key of this.#store.keys(this.#prefix))
      await this.#store.call(() => this.#redis.unlink(key))
    for (const [name, kept] of all) await this.#store.call(() => this.#write(`${this.#prefix}${name}`, kept))
  }

  async #write(key: string, kept: Kept): Promise<void> {
    if ('list' in kept) {
      const whole = (member: string): string =>
        member.startsWith(own) ? this.#prefix + member.slice(own.length) : member
      const flat = kept.list.flatMap(([member, until]) => [until, whole(member)])
      if (flat.length > 0) await this.#redis.zadd(key, ...flat)
      return
    }
    if ('figures' in kept) {
      await this.#redis.hset(key, kept.figures)
      return
    }
    const {value, consumed, until} = kept
    if (until !== undefined && until <= Date.now()) return
    await this.#redis.hset(key, {
      v: this.#store.seal.seal(key, value),
      ...(consumed !== undefined && {c: consumed}),
    })
    if (until !== undefined) await this.#redis.pexpireat(key, until)
  }

  get #redis(): RedisConnection {
    return this.#store.redis
  }

  #key(kind: string, id: string): string {
    return `${this.#prefix}${kind}:${createHash('sha256').update(id).digest('base64url')}`
  }
}
