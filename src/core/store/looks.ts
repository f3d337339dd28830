// What was seen of the MCP servers behind proxies: kept apart from the records, which change only when somebody changes them.
import type {Store} from './store.ts'

/** The last look at what is behind one proxy. */
export interface Seen {
  /** Target URL and endpoint that were looked at; empty when there was nothing to look at. */
  url: string
  endpoint: string
  /** When (RFC 3339). */
  at: string
  /** Whether an MCP server answered. */
  found: boolean
  /** Looks in a row that found none. */
  misses: number
  versions?: string[]
  server_info?: Record<string, unknown>
  stateful?: boolean
  /** Whether the server has OAuth of its own. */
  protects?: boolean
}

const key = (store: Store): string => `${store.prefix}mcp:seen`

export async function noteSeen(store: Store, hostname: string, seen: Seen): Promise<void> {
  await store.call(() => store.redis.hset(key(store), hostname, JSON.stringify(seen)))
}

export async function seenOf(store: Store, hostnames: readonly string[]): Promise<(Seen | undefined)[]> {
  if (hostnames.length === 0) return []
  const found = await store.call(() => store.redis.hmget(key(store), ...hostnames))
  return found.map(text => (text == null ? undefined : (JSON.parse(text) as Seen)))
}

export async function allSeen(store: Store): Promise<Map<string, Seen>> {
  const all = await store.call(() => store.redis.hgetall(key(store)))
  return new Map(Object.entries(all).map(([hostname, text]) => [hostname, JSON.parse(text) as Seen]))
}

export async function forgetSeen(store: Store, hostname: string): Promise<void> {
  await store.call(() => store.redis.hdel(key(store), hostname))
}
