// Handlers of the web UI: links that sign in, and the changes of what a caller may see.
import type {Change, consoleOperations} from '../../core/contract/console.ts'
import {Problem} from '../../core/problem.ts'
import {linkLifetime} from '../../core/store/console-sessions.ts'
import {Feed} from '../../core/store/feed.ts'
import type {Caller, Handlers, Parts} from './call.ts'

interface Owned {
  get(key: string): Promise<{owner: string} | undefined>
}

/** A follower that is this far behind is told to read everything again. */
const maxWaiting = 10_000
/** Milliseconds between looks whether Redis is there. */
const lookEvery = 2000

export function consoleHandlers({
  consoleSessions,
  records,
  store,
}: Parts): Handlers<typeof consoleOperations> {
  const collections = new Map<string, Owned>(Object.values(records).map(one => [one.noun, one]))

  /** Changed records of a noun as far as `caller` may know. A record that is gone has no owner to compare. */
  async function visible(
    {name, admin}: Caller,
    noun: string,
    keys: Set<string>,
  ): Promise<Omit<Change, 'revision'>[]> {
    if (admin) return [...keys].map(key => ({noun, key}))
    const found = await Promise.all(
      [...keys].map(async key => ({key, record: await collections.get(noun)?.get(key)})),
    )
    const mine = found.filter(({record}) => record?.owner === name).map(({key}) => ({noun, key}))
    return found.some(({record}) => record === undefined) ? [...mine, {noun}] : mine
  }

  return {
    async link({caller}) {
      const record = await records.token.get(caller.name)
      if (!record) throw new Problem('token-invalid', 'The token was deleted')
      return {link: await consoleSessions.makeLink(record), expires_in: linkLifetime}
    },

    async *changes({caller, signal}) {
      let waiting: Change[] = []
      let wake = (): void => {}
      let over = false
      const tell = (changes: Change[]): void => {
        const {revision = 0} = changes.at(-1) ?? {}
        waiting = waiting.length > maxWaiting ? [{revision}] : [...waiting, ...changes]
        wake()
      }
      const feed = new Feed(
        store,
        {
          load: async revision => tell([{revision}]),
          async reread(changed, revision) {
            for (const [noun, keys] of changed)
              tell((await visible(caller, noun, keys)).map(one => ({revision, ...one})))
            // A token that was deleted follows nothing.
            over ||=
              changed.get('token')?.has(caller.name) === true && !(await records.token.get(caller.name))
            wake()
          },
        },
        // The look below sees it too.
        () => {},
      )
      const gone = (): void => wake()
      signal.addEventListener('abort', gone, {once: true})
      await feed.start()
      const end = (): void => {
        over = true
        wake()
      }
      // While Redis is away nothing is heard of changes: who follows comes again, and is told why.
      const looks = setInterval(() => {
        if (store.redis.status === 'ready') void store.newest().catch(end)
        else end()
      }, lookEvery)
      try {
        while (!signal.aborted && !over) {
          const batch = waiting
          waiting = []
          yield* batch
          if (waiting.length === 0 && !signal.aborted && !over)
            await new Promise<void>(resolve => {
              wake = resolve
            })
        }
      } finally {
        clearInterval(looks)
        signal.removeEventListener('abort', gone)
        await feed.stop()
      }
    },
  }
}
