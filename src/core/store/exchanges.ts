// Recent exchanges: one capped stream that every replica appends to and `mcpx logs` reads.
import {setTimeout as delay} from 'node:timers/promises'
import type {ExchangeRecord} from '../contract/system.ts'
import {endConnection, type RedisConnection} from './redis.ts'
import type {Store} from './store.ts'

/** Milliseconds in which the workers hand in what they have, after the first of them did. */
const gathering = 100

type Entries = [id: string, fields: string[]][]

export class Exchanges {
  readonly #store: Store
  readonly #kept: number

  /** `kept` is about how many stay; 0 keeps none. */
  constructor(store: Store, kept: number) {
    this.#store = store
    this.#kept = kept
  }

  get #key(): string {
    return `${this.#store.prefix}exchanges`
  }

  async append(exchanges: readonly ExchangeRecord[]): Promise<void> {
    if (this.#kept === 0 || exchanges.length === 0) return
    const pipeline = this.#store.redis.pipeline()
    for (const exchange of exchanges) {
      pipeline.xadd(this.#key, 'MAXLEN', '~', this.#kept, '*', 'e', JSON.stringify(exchange))
    }
    await this.#store.call(() => pipeline.exec())
  }

  /** The last `limit` that `wanted` accepts, in the order they began. */
  async recent(limit: number, wanted: (exchange: ExchangeRecord) => boolean): Promise<ExchangeRecord[]> {
    const found: ExchangeRecord[] = []
    let end = '+'
    while (found.length < limit) {
      const at = end
      const entries = await this.#store.call(() =>
        this.#store.redis.xrevrange(this.#key, at, '-', 'COUNT', 1000),
      )
      found.push(...parse(entries).filter(wanted))
      const last = entries.at(-1)?.[0]
      if (last === undefined || entries.length < 1000) break
      end = `(${last}`
    }
    return inOrder(found.reverse()).slice(-limit)
  }

  /** Those that `wanted` accepts and that end once this has resolved, until `signal` aborts. */
  async follow(
    signal: AbortSignal,
    wanted: (exchange: ExchangeRecord) => boolean,
  ): Promise<AsyncGenerator<ExchangeRecord>> {
    const [newest] = await this.#store.call(() =>
      this.#store.redis.xrevrange(this.#key, '+', '-', 'COUNT', 1),
    )
    return this.#after(newest?.[0] ?? '0-0', signal, wanted)
  }

  async *#after(
    start: string,
    signal: AbortSignal,
    wanted: (exchange: ExchangeRecord) => boolean,
  ): AsyncGenerator<ExchangeRecord> {
    const connection: RedisConnection = this.#store.connection()
    const stop = (): void => endConnection(connection)
    signal.addEventListener('abort', stop, {once: true})
    try {
      let position = start
      const read = async (patience: number): Promise<Entries> => {
        const answer = await connection.xread(
          'COUNT',
          1000,
          'BLOCK',
          patience,
          'STREAMS',
          this.#key,
          position,
        )
        const entries = answer?.[0]?.[1] ?? []
        position = entries.at(-1)?.[0] ?? position
        return entries
      }
      while (!signal.aborted) {
        const entries = await read(5000)
        if (entries.length === 0) continue
        await delay(gathering, undefined, {signal})
        yield* inOrder(parse([...entries, ...(await read(1))])).filter(wanted)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      signal.removeEventListener('abort', stop)
      stop()
    }
  }
}

const inOrder = (exchanges: ExchangeRecord[]): ExchangeRecord[] =>
  exchanges.toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time))

const parse = (entries: Entries): ExchangeRecord[] =>
  entries.map(([, [, text = '{}']]) => JSON.parse(text) as ExchangeRecord)
