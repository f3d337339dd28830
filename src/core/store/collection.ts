// The records of one noun: read, list, create, update, delete.
import {Problem} from '../problem.ts'
import type {Change, Store} from './store.ts'

export interface CollectionOptions<R> {
  /** Fields that are sealed at rest. */
  sealed?: readonly string[]
  /** What only one record may hold; see Change. */
  claims?: (record: R) => string[]
  refs?: (record: R) => string[]
}

interface Stored {
  owner: string
  revision: number
}

export class Collection<R extends Stored> {
  readonly noun: string
  readonly #store: Store
  readonly #options: CollectionOptions<R>

  constructor(store: Store, noun: string, options: CollectionOptions<R> = {}) {
    this.#store = store
    this.noun = noun
    this.#options = options
  }

  get #hash(): string {
    return this.#store.prefix + this.noun
  }

  async get(key: string): Promise<R | undefined> {
    const [record] = await this.getMany([key])
    return record
  }

  /** The records of `keys`, in their order; undefined where there is none. */
  async getMany(keys: readonly string[]): Promise<(R | undefined)[]> {
    const stored = await this.#store.stored(this.noun, keys)
    return stored.map((text, index) => (text === null ? undefined : this.#read(keys[index] as string, text)))
  }

  /** Throws already-exists, route-taken, reference-unknown. Answers the record with its revision. */
  async create(key: string, record: Omit<R, 'revision'>, requires: string[] = []): Promise<R> {
    const [revision = 0] = await this.#store.write([this.creation(key, record, requires)])
    return {...record, revision} as R
  }

  /** The change that `create` writes, for a write of several records at once. */
  creation(key: string, record: Omit<R, 'revision'>, requires: string[] = []): Change {
    return this.#change(key, record as R, 'absent', requires)
  }

  /**
   * Read, change, write; repeated when somebody else wrote in between, unless `revision` says which one is meant.
   * `change` throws to refuse. Throws not-found, revision-mismatch and what `create` throws.
   */
  async update(
    key: string,
    change: (current: R) => Omit<R, 'revision'>,
    revision?: number,
    requires: string[] = [],
  ): Promise<R> {
    for (let tries = 0; ; tries++) {
      const current = await this.get(key)
      if (!current) throw new Problem('not-found', `There is no ${this.noun} ${key}`)
      if (revision !== undefined && current.revision !== revision) {
        throw new Problem(
          'revision-mismatch',
          `${this.noun} ${key} is at revision ${current.revision} by now`,
        )
      }
      const next = change(current)
      try {
        const [written = 0] = await this.#store.write([
          this.#change(key, next as R, current.revision, requires),
        ])
        return {...next, revision: written} as R
      } catch (error) {
        const overtaken = error instanceof Problem && error.code === 'revision-mismatch'
        if (!overtaken || revision !== undefined || tries >= 20) throw error
      }
    }
  }

  /** Throws not-found, revision-mismatch, in-use. */
  async delete(key: string, revision?: number): Promise<void> {
    await this.#store.write([this.deletion(key, revision)])
  }

  /** The change that writes over the record as it was read; refused when somebody else wrote in between. */
  replacement(key: string, record: R, requires: string[] = []): Change {
    return this.#change(key, record, record.revision, requires)
  }

  deletion(key: string, revision?: number): Change {
    return {noun: this.noun, key, expect: revision ?? 'present'}
  }

  /** The change that puts a record as it was, whatever is there now. */
  restoration(key: string, record: Omit<R, 'revision'>): Change {
    return this.#change(key, record as R, 'any', [])
  }

  /** One page in key order; only those of `owner` when given. */
  async list(
    page: {after?: string | undefined; limit?: number | undefined; owner?: string | undefined} = {},
  ): Promise<{items: R[]; next: string | null}> {
    const {keys, next} = await this.keys(page)
    const items = await this.getMany(keys)
    return {items: items.filter(item => item !== undefined), next}
  }

  async keys({
    after,
    limit = 100,
    owner,
  }: {
    after?: string | undefined
    limit?: number | undefined
    owner?: string | undefined
  }): Promise<{keys: string[]; next: string | null}> {
    const index = owner === undefined ? `${this.#hash}:index` : `${this.#hash}:owner:${owner}`
    const found = await this.#store.call(() =>
      this.#store.redis.zrangebylex(
        index,
        after === undefined ? '-' : `(${after}`,
        '+',
        'LIMIT',
        0,
        limit + 1,
      ),
    )
    const keys = found.slice(0, limit)
    return {keys, next: found.length > limit ? (keys.at(-1) ?? null) : null}
  }

  async count(owner?: string): Promise<number> {
    return this.#store.call(() =>
      this.#store.redis.zcard(owner === undefined ? `${this.#hash}:index` : `${this.#hash}:owner:${owner}`),
    )
  }

  /** Every record, in no order, while others may write; for loading a snapshot. */
  async *all(): AsyncGenerator<[string, R]> {
    let cursor = '0'
    do {
      const at = cursor
      const [next, pairs] = await this.#store.call(() =>
        this.#store.redis.hscan(this.#hash, at, 'COUNT', 2000),
      )
      for (let index = 0; index < pairs.length; index += 2) {
        const key = pairs[index] as string
        yield [key, this.#read(key, pairs[index + 1] as string)]
      }
      cursor = next
    } while (cursor !== '0')
  }

  #change(key: string, record: R, expect: Change['expect'], requires: string[]): Change {
    const {revision: _, ...rest} = record as R & Record<string, unknown>
    for (const field of this.#options.sealed ?? []) {
      if (rest[field] !== undefined) {
        Object.assign(rest, {
          [field]: this.#store.seal.seal(this.#place(key, field), JSON.stringify(rest[field])),
        })
      }
    }
    return {
      noun: this.noun,
      key,
      expect,
      value: JSON.stringify(rest),
      owner: record.owner,
      claims: this.#options.claims?.(record) ?? [],
      refs: this.#options.refs?.(record) ?? [],
      requires,
    }
  }

  #read(key: string, stored: string): R {
    const end = stored.indexOf('\n')
    const record = JSON.parse(stored.slice(end + 1)) as Record<string, unknown>
    for (const field of this.#options.sealed ?? []) {
      const sealed = record[field]
      if (typeof sealed === 'string')
        record[field] = JSON.parse(this.#store.seal.open(this.#place(key, field), sealed))
    }
    record['revision'] = Number(stored.slice(0, end))
    return record as unknown as R
  }

  #place(key: string, field: string): string {
    return `${this.noun}/${key}/${field}`
  }
}
