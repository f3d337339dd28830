// How a part comes to the store: it waits for Redis, for as long as it takes.
import {setTimeout as delay} from 'node:timers/promises'
import {Store} from '../core/store/store.ts'
import type {Setup} from './part.ts'

export function openStore({redis, secretKey}: Setup): Store {
  return new Store({address: redis, secretKey: Buffer.from(secretKey, 'base64')})
}

/** Do `work` that needs Redis, again until Redis answers. `waiting` hears, once, why it has to wait. */
export async function onceRedisAnswers<T>(
  store: Store,
  work: () => Promise<T>,
  waiting: (reason: string) => void,
): Promise<T> {
  let last: string | undefined
  const note = (error: Error): void => {
    last = error.message
  }
  store.redis.on('error', note)
  const slow = setTimeout(() => waiting(last ?? 'no answer yet'), 1500)
  try {
    while (!(await answers(store))) await delay(100)
    clearTimeout(slow)
    return await work()
  } finally {
    clearTimeout(slow)
    store.redis.off('error', note)
  }
}

/** Before a part stops: when Redis is away, what still asks it is refused at once, instead of each after its own time. */
export async function waitNoLonger(store: Store): Promise<void> {
  if (!(await Promise.race([answers(store), delay(500, false)]))) await store.close()
}

const answers = (store: Store): Promise<boolean> =>
  store.redis.ping().then(
    () => true,
    () => false,
  )
