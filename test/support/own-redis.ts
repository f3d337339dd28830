// A Redis of its own for a test whose servers use the real key prefix.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {findRedisServer, launchPrivateRedis} from '../../src/core/store/private-redis.ts'

export interface OwnRedis {
  url: string
  close(): Promise<void>
}

export async function ownRedis(): Promise<OwnRedis> {
  const directory = mkdtempSync(join(tmpdir(), 'mcpx-redis-'))
  const socket = join(directory, 'redis.sock')
  const running = await launchPrivateRedis(
    findRedisServer(),
    {directory, socket},
    new AbortController().signal,
  )
  return {
    url: `unix://${socket}`,
    async close() {
      await running.stop()
      rmSync(directory, {recursive: true, force: true})
    },
  }
}
