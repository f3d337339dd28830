// The embedded default: a redis-server or valkey-server of our own on a unix socket, with everything written to disk at once.
import {mkdirSync} from 'node:fs'
import {createInterface} from 'node:readline'
import {Problem} from '../problem.ts'
import {findProgram} from '../program.ts'
import {type Running, spawnGuarded} from '../supervised.ts'
import {connectRedis} from './redis.ts'

export interface PrivateRedisPlace {
  /** Directory of its files. */
  directory: string
  /** Path of its unix socket. */
  socket: string
}

/** Which Redis server program this machine has. Throws redis-missing. */
export function findRedisServer(path?: string): string {
  const found = findProgram(['redis-server', 'valkey-server'], path)
  if (found !== undefined) return found
  throw new Problem(
    'redis-missing',
    'mcpx keeps its state in Redis, and there is no redis-server or valkey-server on the PATH',
  )
}

/** Start it; resolves once it has read its files and answers. Throws start-failed with its own last words when it ends before. */
export async function launchPrivateRedis(
  program: string,
  place: PrivateRedisPlace,
  signal: AbortSignal,
): Promise<Running> {
  mkdirSync(place.directory, {recursive: true, mode: 0o700})
  const settings = {
    port: '0',
    unixsocket: place.socket,
    unixsocketperm: '700',
    dir: place.directory,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const {child, running} = spawnGuarded(program, args, {env: {PATH: process.env['PATH']}, mergeErrors: true})
  const lines: string[] = []
  if (child.stdout) {
    createInterface({input: child.stdout}).on('line', line => {
      lines.push(line)
      if (lines.length > 20) lines.shift()
    })
  }
  signal.addEventListener('abort', () => void running.stop(), {once: true})
  const connection = connectRedis({url: `unix://${encodeURI(place.socket)}`})
  const early = running.ended.then(how => {
    throw new Problem('start-failed', `The private Redis ${how}:\n${lines.join('\n')}`, {
      hint: `its files are in ${place.directory}`,
    })
  })
  try {
    await Promise.race([connection.ping(), early])
  } finally {
    early.catch(() => {})
    connection.disconnect()
  }
  return running
}
