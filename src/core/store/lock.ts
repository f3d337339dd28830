// A lock that one replica holds at a time; it runs out by itself when its holder dies.
import {randomBytes} from 'node:crypto'
import type {Store} from './store.ts'

const extend = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`
const release = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

export class Lock {
  readonly #store: Store
  readonly #key: string
  readonly #token = randomBytes(16).toString('hex')
  readonly #ttl: number
  /** When it runs out unless extended, in ms of performance.now(). */
  #until = 0

  /** `ttl`: milliseconds after which a dead holder has lost it. */
  constructor(store: Store, name: string, ttl: number) {
    this.#store = store
    this.#key = `${store.prefix}lock:${name}`
    this.#ttl = ttl
  }

  get held(): boolean {
    return performance.now() < this.#until
  }

  /** Take it, or keep it for another while. Answers whether it is held now. Throws store-unavailable. */
  async hold(): Promise<boolean> {
    const from = performance.now()
    const ttl = String(this.#ttl)
    const kept = await this.#store.call(
      async () =>
        (await this.#store.redis.eval(extend, 1, this.#key, this.#token, ttl)) === 1 ||
        (await this.#store.redis.set(this.#key, this.#token, 'PX', this.#ttl, 'NX')) === 'OK',
    )
    this.#until = kept ? from + this.#ttl : 0
    return kept
  }

  async release(): Promise<void> {
    this.#until = 0
    await this.#store.call(() => this.#store.redis.eval(release, 1, this.#key, this.#token))
  }
}
