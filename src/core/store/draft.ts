// A store whose writes are only noted: what reads through it sees them, and all are written, or tried, in one step.
import {type Change, Store} from './store.ts'

export class Draft extends Store {
  readonly #base: Store
  #changes = new Map<string, Change>()

  constructor(base: Store) {
    super(base.options, base.redis)
    this.#base = base
  }

  override async stored(noun: string, keys: readonly string[]): Promise<(string | null)[]> {
    const kept = await super.stored(noun, keys)
    return keys.map((key, index) => {
      const noted = this.#changes.get(`${noun}/${key}`)
      if (!noted) return kept[index] ?? null
      return noted.value === undefined ? null : `${revisionOf(noted)}\n${noted.value}`
    })
  }

  override async write(changes: readonly Change[]): Promise<number[]> {
    for (const change of changes) this.#note(change)
    return changes.map(revisionOf)
  }

  /** The connection belongs to the base. */
  override async close(): Promise<void> {}

  /** Write what was noted, or with `dryRun` only check it. Throws as Store.write. */
  async commit(options: {dryRun: boolean}): Promise<void> {
    if (this.#changes.size > 0) await this.#base.write([...this.#changes.values()], options)
  }

  /** Run `work`; what it notes is forgotten when it throws, or answers that it is not wanted. */
  async attempt<T>(work: () => Promise<T>, isWanted: (result: T) => boolean): Promise<T> {
    const before = new Map(this.#changes)
    let wanted = false
    try {
      const result = await work()
      wanted = isWanted(result)
      return result
    } finally {
      if (!wanted) this.#changes = before
    }
  }

  /** Several changes of one record become one, from what was there at first. */
  #note(change: Change): void {
    const id = `${change.noun}/${change.key}`
    const earlier = this.#changes.get(id)
    if (earlier?.expect === 'absent' && change.value === undefined) this.#changes.delete(id)
    else this.#changes.set(id, earlier ? {...change, expect: earlier.expect} : change)
  }
}

const revisionOf = ({expect}: Change): number => (typeof expect === 'number' ? expect : 0)
