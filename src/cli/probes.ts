// What can be seen from this machine: names, ports, Redis, Docker, GitHub. Shared by init and doctor.
import {Resolver} from 'node:dns/promises'
import {request} from 'node:http'
import {createServer} from 'node:net'
import {networkInterfaces} from 'node:os'
import {type Finding, failure, ok, patience, reasonOf, warning} from './finding.ts'

/** Whether a domain leads to this machine, as far as this machine can tell. */
export async function probeDomain(domain: string): Promise<Finding> {
  const dns = new Resolver({timeout: patience / 2, tries: 1})
  const asked = await Promise.allSettled([dns.resolve4(domain), dns.resolve6(domain)])
  const found = asked.flatMap(one => (one.status === 'fulfilled' ? one.value : []))
  if (found.length === 0)
    return failure(
      `${domain} has no address`,
      `add an A or AAAA record for ${domain} that names this machine`,
    )
  const own = Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(({address}) => address))
  if (found.some(address => own.includes(address)))
    return ok(`${domain} leads to this machine (${found.join(', ')})`)
  return warning(
    `${domain} leads to ${found.join(', ')}, which is no address of this machine`,
    'right behind a router or load balancer that passes on ports 80 and 443, else correct the DNS record',
  )
}

/** Whether a port can be had here. */
export function probePort(port: number, host?: string): Promise<Finding> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', ({code}: NodeJS.ErrnoException) => {
      const isTaken = code === 'EADDRINUSE'
      const remedy = isTaken
        ? `see what has it: \`ss -ltnp 'sport = :${port}'\`; or choose another port`
        : 'run as root, give node CAP_NET_BIND_SERVICE, or choose a port above 1023'
      resolve(failure(`port ${port} ${isTaken ? 'is taken' : `cannot be bound (${code})`}`, remedy))
    })
    server.listen({port, ...(host !== undefined && {host})}, () =>
      server.close(() => resolve(ok(`port ${port} is free`))),
    )
  })
}

/** Whether a Redis answers and can hold the state of mcpx. */
export async function probeRedis(url: string, password?: string): Promise<Finding> {
  const {connectRedis, refuseUnfit, withoutSecrets} = await import('../core/store/redis.ts')
  const place = withoutSecrets(url)
  const connection = connectRedis({url, password}, {commandTimeout: patience})
  let last: Error | undefined
  connection.on('error', (error: Error) => {
    last = error
  })
  let answers = false
  try {
    await connection.ping()
    answers = true
    await refuseUnfit(connection)
    return ok(`${place} answers`)
  } catch (error) {
    if (answers)
      return failure(
        (error as Error).message,
        'name another one with REDIS_URL, or leave it out for a private Redis',
      )
    const reason = (last ?? (error as Error)).message
    return failure(`no answer from ${place}: ${reason}`, 'start it, or correct REDIS_URL and REDIS_PASSWORD')
  } finally {
    connection.disconnect()
  }
}

export const defaultDockerHost = 'unix:///var/run/docker.sock'

/** Whether a Docker engine answers. */
export function probeDocker(host: string): Promise<Finding> {
  const url = URL.parse(host)
  const where =
    url?.protocol === 'unix:' ? {socketPath: url.pathname} : {host: url?.hostname, port: url?.port || 2375}
  return new Promise(resolve => {
    const sent = request({...where, path: '/_ping', timeout: patience}, response => {
      response.resume()
      if (response.statusCode === 200) resolve(ok(`Docker ${response.headers['api-version'] ?? ''} answers`))
      else resolve(failure(`${host} answered ${response.statusCode}`, 'check DOCKER_HOST'))
    })
    sent.once('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.once('error', (error: NodeJS.ErrnoException) => {
      const remedy =
        error.code === 'EACCES'
          ? 'join the group of the socket: `sudo usermod -aG docker $USER`, then log in again'
          : 'install or start Docker, or set DOCKER_HOST; without it only services are missing'
      resolve(warning(`no Docker at ${host}: ${error.message}`, remedy))
    })
    sent.end()
  })
}

/** Whether GitHub knows a client id and its secret: a code that cannot be is refused for what it is, not for them. */
export async function probeGithub(github: string, id: string, secret: string): Promise<Finding> {
  const body = new URLSearchParams({client_id: id, client_secret: secret, code: 'mcpx-init'})
  try {
    const response = await fetch(new URL('/login/oauth/access_token', github), {
      method: 'POST',
      headers: {accept: 'application/json'},
      body,
      signal: AbortSignal.timeout(patience),
    })
    const {error} = (await response.json()) as {error?: string}
    if (error === 'bad_verification_code') return ok('GitHub accepts the client id and secret')
    return failure(
      `GitHub refuses them: ${error ?? response.status}`,
      'copy both from the settings of the app',
    )
  } catch (error) {
    return warning(`GitHub cannot be asked: ${reasonOf(error)}`, 'check them later: `mcpx doctor`')
  }
}
