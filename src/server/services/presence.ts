// Which engines some replica looks after: each announces its own again and again, and is missed when it has ended.
import type {Store} from '../../core/store/store.ts'

/** Milliseconds after which an engine counts as left alone; replicas announce theirs every ten seconds. */
const patience = 45_000

export class Presence {
  readonly #store: Store
  readonly #since = performance.now()

  constructor(store: Store) {
    this.#store = store
  }

  async announce(engine: string): Promise<void> {
    const {redis, prefix} = this.#store
    await this.#store.call(async () => {
      await redis.sadd(`${prefix}engines`, engine)
      await redis.set(this.#key(engine), '1', 'PX', patience)
    })
  }

  /** Whether no replica looks after it. One that did so in this store may only be starting, as this one. */
  async isLost(engine: string): Promise<boolean> {
    const {redis, prefix} = this.#store
    const [known, present] = await this.#store.call(() =>
      Promise.all([redis.sismember(`${prefix}engines`, engine), redis.exists(this.#key(engine))]),
    )
    return present === 0 && (known === 0 || performance.now() - this.#since > patience)
  }

  #key(engine: string): string {
    return `${this.#store.prefix}engine:${engine}`
  }
}
