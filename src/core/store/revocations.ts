// Access tokens that no longer hold: kept until they would have ended, and announced on the feed by token id.
import type {RedisConnection} from './redis.ts'
import type {Store} from './store.ts'

/** Noun of a feed entry whose key is the id of a revoked access token. */
export const revocationNoun = 'revocation'

/**
 * KEYS[1] the feed. ARGV[1] key prefix, ARGV[2] feed length, ARGV[3] now, then pairs of expiry and token id.
 * Both times are Unix seconds. Answers how many were not revoked before.
 */
const revokeScript = `
local p, set, made = ARGV[1], ARGV[1] .. 'revocations', 0
redis.call('ZREMRANGEBYSCORE', set, '-inf', '(' .. ARGV[3])
for at = 4, #ARGV, 2 do
  if redis.call('ZADD', set, 'NX', ARGV[at], ARGV[at + 1]) == 1 then
    made = made + 1
    local seq = redis.call('INCR', p .. 'seq')
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], string.format('%d-0', seq), 'noun', '${revocationNoun}', 'key', ARGV[at + 1])
  end
end
return made
`

type WithScript = RedisConnection & {mcpxRevoke: (feed: string, ...args: string[]) => Promise<number>}

export interface Ending {
  jti: string
  /** When the token would have ended, in Unix seconds. */
  exp: number
}

export class Revocations {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
    store.redis.defineCommand('mcpxRevoke', {numberOfKeys: 1, lua: revokeScript})
  }

  /** Revoke and announce; those that have ended already are left alone. */
  async revoke(tokens: readonly Ending[]): Promise<void> {
    const now = Math.floor(Date.now() / 1000)
    const pairs = tokens.filter(({exp}) => exp >= now).flatMap(({jti, exp}) => [String(exp), jti])
    if (pairs.length === 0) return
    const {feedKey, prefix, feedLength} = this.#store
    await this.#store.call(() =>
      (this.#store.redis as WithScript).mcpxRevoke(
        feedKey,
        prefix,
        String(feedLength),
        String(now),
        ...pairs,
      ),
    )
  }

  async has(jti: string): Promise<boolean> {
    return (await this.#store.call(() => this.#store.redis.zscore(this.#key, jti))) !== null
  }

  async count(): Promise<number> {
    const now = Math.floor(Date.now() / 1000)
    return this.#store.call(() => this.#store.redis.zcount(this.#key, now, '+inf'))
  }

  /** Every revoked token that has not ended yet, with its end. */
  async all(): Promise<Map<string, number>> {
    const now = Math.floor(Date.now() / 1000)
    return pairs(
      await this.#store.call(() => this.#store.redis.zrangebyscore(this.#key, now, '+inf', 'WITHSCORES')),
    )
  }

  async some(ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map()
    const scores = await this.#store.call(() => this.#store.redis.zmscore(this.#key, ...ids))
    return new Map(ids.flatMap((id, at) => (scores[at] == null ? [] : [[id, Number(scores[at])]])))
  }

  get #key(): string {
    return `${this.#store.prefix}revocations`
  }
}

const pairs = (flat: string[]): Map<string, number> => {
  const found = new Map<string, number>()
  for (let at = 0; at < flat.length; at += 2) found.set(flat[at] as string, Number(flat[at + 1]))
  return found
}
