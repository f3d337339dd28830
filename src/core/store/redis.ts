// Connections to Redis, Valkey, Sentinel and Cluster from one URL.
import {Cluster, Redis} from 'ioredis'
import type {Config} from '../config.ts'

export type RedisConnection = Redis | Cluster

/** What names a Redis: `unix:///path`, `redis[s]://…`, `redis+sentinel://h:26379,h2:26379/name`, `redis+cluster://h:6379,h2:6379`. */
export interface RedisAddress {
  url: string
  password?: string | undefined
}

export const redisAddress = (config: Config, privateUrl: string): RedisAddress => ({
  url: config.REDIS_URL ?? privateUrl,
  password: config.REDIS_PASSWORD,
})

/** A Redis URL as it may be shown. */
export const withoutSecrets = (url: string): string => url.replace(/\/\/[^/]*@/, '//')

/** Open a connection; it reconnects by itself for ever. Commands sent while Redis is away fail after `commandTimeout` ms. */
export function connectRedis(
  {url, password}: RedisAddress,
  options: {commandTimeout?: number} = {},
): RedisConnection {
  const {protocol, hosts, pathname, username, urlPassword} = parse(url)
  const common = {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: (tries: number) => Math.min(50 * 2 ** Math.min(tries, 6), 2000),
    ...(options.commandTimeout !== undefined && {commandTimeout: options.commandTimeout}),
    ...(username && {username}),
    ...((urlPassword ?? password) && {password: urlPassword ?? password}),
  }
  if (protocol === 'unix:') return quiet(new Redis({...common, path: pathname}))
  if (protocol === 'redis+cluster:') {
    return quiet(
      new Cluster(hosts, {
        redisOptions: common,
        enableReadyCheck: true,
        clusterRetryStrategy: tries => Math.min(100 * tries, 2000),
      }),
    )
  }
  if (protocol === 'redis+sentinel:') {
    return quiet(new Redis({...common, sentinels: hosts, name: pathname.slice(1) || 'mymaster'}))
  }
  const [first] = hosts
  const db = Number(pathname.slice(1) || 0)
  return quiet(
    new Redis({
      ...common,
      host: first?.host ?? '127.0.0.1',
      port: first?.port ?? 6379,
      db,
      ...(protocol === 'rediss:' && {tls: {}}),
    }),
  )
}

/**
 * End a connection for good: what waits in it fails at once. Between two tries to reconnect ioredis would leave it
 * waiting; one more try, cut off as it begins, makes it let go.
 */
export function endConnection(connection: RedisConnection): void {
  if (connection.status === 'reconnecting') void connection.connect().catch(() => {})
  connection.disconnect()
}

/** Without a listener ioredis prints every failed reconnect; the health check tells that Redis is away. */
function quiet<C extends RedisConnection>(connection: C): C {
  connection.on('error', () => {})
  return connection
}

function parse(url: string): {
  protocol: string
  hosts: {host: string; port: number}[]
  pathname: string
  username: string
  urlPassword: string | undefined
} {
  const match = /^([a-z+]+:)\/\/(?:([^@/]*)@)?([^/]*)(\/.*)?$/.exec(url)
  const [, protocol = 'redis:', userinfo = '', authority = '', pathname = ''] = match ?? []
  const [username = '', ...rest] = userinfo.split(':')
  const fallback = protocol === 'redis+sentinel:' ? 26379 : 6379
  const hosts = authority
    .split(',')
    .filter(Boolean)
    .map(item => {
      const at = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(item)
      return {host: at?.[1] || '127.0.0.1', port: Number(at?.[2] ?? fallback)}
    })
  return {
    protocol,
    hosts,
    pathname: decodeURIComponent(pathname),
    username: decodeURIComponent(username),
    urlPassword: rest.length > 0 ? decodeURIComponent(rest.join(':')) : undefined,
  }
}

/** Arguments and environment with which redis-cli speaks to the same Redis; the password stays out of the arguments. */
export function cliArguments({url, password}: RedisAddress): {args: string[]; env: Record<string, string>} {
  const {protocol, hosts, pathname, username, urlPassword} = parse(url)
  const secret = urlPassword ?? password
  const env = secret === undefined ? {} : {REDISCLI_AUTH: secret}
  const user = username ? ['--user', username] : []
  if (protocol === 'unix:') return {args: ['-s', pathname, ...user], env}
  const {host = '127.0.0.1', port = 6379} = hosts[0] ?? {}
  const place = ['-h', host, '-p', String(port), ...user]
  if (protocol === 'redis+cluster:') return {args: ['-c', ...place], env}
  const db = pathname.slice(1)
  return {args: [...place, ...(db ? ['-n', db] : []), ...(protocol === 'rediss:' ? ['--tls'] : [])], env}
}

/** Throws when this Redis could silently drop records, or is too old. */
export async function refuseUnfit(redis: RedisConnection): Promise<void> {
  const info = await redis.info()
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
  const policy = field('maxmemory_policy')
  if (Number(field('maxmemory')) > 0 && policy !== 'noeviction' && policy !== '') {
    throw new Error(
      `This Redis may drop records when its memory is full (maxmemory-policy is ${policy}). Set \`maxmemory-policy noeviction\`, or use a Redis of its own for mcpx.`,
    )
  }
  const version = field('redis_version')
  if (version && Number(version.split('.')[0]) < 6)
    throw new Error(`Redis ${version} is too old: mcpx needs Redis 6.2 or newer, or Valkey.`)
}
