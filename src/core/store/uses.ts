// How often and when port tokens were used: counted apart from their records, which change only when somebody changes them.
import type {Use} from '../telemetry.ts'
import type {Store} from './store.ts'

const counts = (store: Store): string => `${store.prefix}port-token:uses`
const times = (store: Store): string => `${store.prefix}port-token:last`

export async function addUses(store: Store, uses: readonly Use[]): Promise<void> {
  if (uses.length === 0) return
  const pipeline = store.redis.pipeline()
  for (const {name, count, last} of uses) {
    pipeline.hincrby(counts(store), name, count)
    pipeline.hset(times(store), name, last)
  }
  await store.call(() => pipeline.exec())
}

export async function usesOf(
  store: Store,
  names: readonly string[],
): Promise<{count: number; last?: string}[]> {
  if (names.length === 0) return []
  const [found, last] = await store.call(() =>
    Promise.all([store.redis.hmget(counts(store), ...names), store.redis.hmget(times(store), ...names)]),
  )
  return names.map((_, index) => {
    const time = last[index]
    return {count: Number(found[index] ?? 0), ...(time != null && {last: time})}
  })
}

export async function forgetUses(store: Store, name: string): Promise<void> {
  await store.call(() =>
    Promise.all([store.redis.hdel(counts(store), name), store.redis.hdel(times(store), name)]),
  )
}
