// A real Redis for tests: REDIS_TEST_URL, or one redis-server for the whole run on a unix socket; each test owns a prefix.
import {type ChildProcess, spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {mkdtempSync, rmSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {openRecords, type Records} from '../../src/core/store/records.ts'
import {Store} from '../../src/core/store/store.ts'
import {until} from './until.ts'

let started: Promise<string> | undefined

/** URL of the Redis of this run. */
export const testRedisUrl = (): Promise<string> => (started ??= start())

async function start(): Promise<string> {
  const given = process.env['REDIS_TEST_URL']
  if (given) return given
  const directory = mkdtempSync(join(tmpdir(), 'mcpx-redis-'))
  const socket = join(directory, 'redis.sock')
  const child: ChildProcess = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', directory],
    {stdio: 'ignore'},
  )
  child.once('error', error => {
    throw new Error(
      `redis-server does not start (${error.message}); install it: apt-get install -y redis-server`,
    )
  })
  process.once('exit', () => {
    child.kill('SIGKILL')
    rmSync(directory, {recursive: true, force: true})
  })
  child.unref()
  await until(() => accepts(socket), 'redis-server accepts connections')
  return `unix://${socket}`
}

function accepts(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export interface TestStore {
  store: Store
  records: Records
  /** A second store on the same records, as another replica has. */
  replica(): {store: Store; records: Records}
  close(): Promise<void>
}

/** A store with a prefix of its own, emptied at the end. */
export async function openTestStore(options: {feedLength?: number} = {}): Promise<TestStore> {
  const url = await testRedisUrl()
  const prefix = `test{${randomBytes(6).toString('hex')}}:`
  const secretKey = randomBytes(32)
  const opened: Store[] = []
  const replica = (): {store: Store; records: Records} => {
    const store = new Store({address: {url}, secretKey, prefix, ...options})
    opened.push(store)
    return {store, records: openRecords(store)}
  }
  const first = replica()
  return {
    ...first,
    replica,
    async close() {
      const keys: string[] = []
      for (const mine of [prefix, prefix.replace(/[{}]/g, '')]) {
        let cursor = '0'
        do {
          const [next, found] = await first.store.redis.scan(cursor, 'MATCH', `${mine}*`, 'COUNT', 1000)
          keys.push(...found)
          cursor = next
        } while (cursor !== '0')
      }
      if (keys.length > 0) await first.store.redis.unlink(...keys)
      await Promise.all(opened.map(store => store.close()))
    },
  }
}
