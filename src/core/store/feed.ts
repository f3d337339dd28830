// The change feed: follow what is written to the store and reread it, without ever being left wrong.
import type {Collection} from './collection.ts'
import {endConnection, type RedisConnection} from './redis.ts'
import type {Store} from './store.ts'

/** Who follows: told which records to reread, or to load everything again. */
export interface Follower {
  /** Load every record, at least as new as `revision`; called at start and whenever the feed cannot tell what changed. */
  load(revision: number): Promise<void>
  /** Reread these records, absent ones are gone. `revision` is the newest change among them. */
  reread(changed: Map<string, Set<string>>, revision: number): Promise<void>
}

/** Several that follow as one. */
export const together = (...followers: Follower[]): Follower => ({
  async load(revision) {
    for (const follower of followers) await follower.load(revision)
  },
  async reread(changed, revision) {
    for (const follower of followers) await follower.reread(changed, revision)
  },
})

const blockMilliseconds = 2000

export class Feed {
  readonly #store: Store
  readonly #follower: Follower
  readonly #report: (error: Error) => void
  #connection: RedisConnection | undefined
  #position = 0
  #running = false
  #ended: Promise<void> | undefined

  /** `report` hears of failures; following goes on by itself. */
  constructor(store: Store, follower: Follower, report: (error: Error) => void) {
    this.#store = store
    this.#follower = follower
    this.#report = report
  }

  /** Newest change the follower has. */
  get position(): number {
    return this.#position
  }

  /** Note the position, load, then follow. Resolves once loaded. */
  async start(): Promise<void> {
    await this.#load()
    this.resume()
  }

  /** Follow on from where `stop` left off. */
  resume(): void {
    this.#running = true
    this.#ended = this.#follow()
  }

  async stop(): Promise<void> {
    this.#running = false
    if (this.#connection) endConnection(this.#connection)
    await this.#ended
  }

  async #load(): Promise<void> {
    const position = await this.#newest()
    await this.#follower.load(position)
    this.#position = position
  }

  async #newest(): Promise<number> {
    return Number((await this.#store.redis.get(`${this.#store.prefix}seq`)) ?? 0)
  }

  async #follow(): Promise<void> {
    this.#connection = this.#store.connection()
    while (this.#running) {
      try {
        await this.#step(this.#connection)
      } catch (error) {
        if (!this.#running) return
        this.#report(error as Error)
        await new Promise(resolve => setTimeout(resolve, 200))
      }
    }
  }

  async #step(connection: RedisConnection): Promise<void> {
    const answer = await connection.xread(
      'COUNT',
      1000,
      'BLOCK',
      blockMilliseconds,
      'STREAMS',
      this.#store.feedKey,
      `${this.#position}-0`,
    )
    const entries = answer?.[0]?.[1] ?? []
    if (entries.length === 0) {
      // A Redis restored from an older backup counts from a lower number: the feed would stay silent for ever.
      if ((await this.#newest()) < this.#position) await this.#load()
      return
    }
    const changed = new Map<string, Set<string>>()
    let position = this.#position
    for (const [id, [, noun = '', , key = '']] of entries) {
      const sequence = Number(id.split('-')[0])
      if (sequence !== position + 1) return this.#load()
      position = sequence
      const keys = changed.get(noun) ?? new Set()
      changed.set(noun, keys.add(key))
    }
    await this.#follower.reread(changed, position)
    this.#position = position
  }
}

/** Take a record as reread: absent ones are gone. */
export function set<R>(map: Map<string, R>, key: string, record: R | undefined): void {
  if (record === undefined) map.delete(key)
  else map.set(key, record)
}

/** Every record of a collection, by key. */
export async function collect<R extends {owner: string; revision: number}>(
  collection: Collection<R>,
): Promise<Map<string, R>> {
  const found = new Map<string, R>()
  for await (const [key, record] of collection.all()) found.set(key, record)
  return found
}

/** The records that changed, as they are now. */
export async function reread<R extends {owner: string; revision: number}>(
  collection: Collection<R>,
  changed: Map<string, Set<string>>,
): Promise<[string, R | undefined][]> {
  const keys = [...(changed.get(collection.noun) ?? [])]
  const records = await collection.getMany(keys)
  return keys.map((key, index) => [key, records[index]])
}
