// What `mcpx doctor` looks at: the command line, the server as a client sees it, and this machine if the server is here.
import type {Config} from '../core/config.ts'
import {ConfigError, readConfig} from '../core/config.ts'
import {type Connection, isLoopback, parseServerUrl} from '../core/connect.ts'
import {type Certificate, certificateOperations} from '../core/contract/certificate.ts'
import {oauthOperations} from '../core/contract/oauth.ts'
import {proxyOperations} from '../core/contract/proxy.ts'
import {serviceOperations} from '../core/contract/service.ts'
import {type Health, systemOperations} from '../core/contract/system.ts'
import {tokenOperations} from '../core/contract/token.ts'
import {Problem} from '../core/problem.ts'
import {findProgram} from '../core/program.ts'
import {serverEnvironment} from './environment.ts'
import {type Finding, reasonOf} from './finding.ts'
import {probeDocker, probeDomain, probePort, probeRedis} from './probes.ts'
import {namesCommand, unknownNames} from './reachable.ts'

export interface Check extends Finding {
  check: string
}

/** Seconds by which clocks may differ before tokens and certificates suffer. */
const clockTolerance = 30

/** Every check, as it ends. */
export async function* examine(connection: Connection, version: string): AsyncGenerator<Check> {
  const named = (check: string, finding: Finding): Check => ({check, ...finding})
  const health = await connection.call(systemOperations.health, {}).catch((error: unknown) => error)
  if (health instanceof Error) yield named('server', unreachable(connection, health))
  else {
    yield* ofServer(connection, health as Health, version)
    yield named('clock', await probeClock(connection.url))
    // Without Redis nothing else can be asked, and that has been said by then.
    if ((health as Health).checks['redis']?.ok !== false) yield* ofState(connection)
  }
  yield* ofMachine(connection.url, !(health instanceof Error))
}

/** What the server says of its engine, and whether programs here know the names it answers for. */
async function* ofWork(connection: Connection): AsyncGenerator<Check> {
  const engine = await connection.call(serviceOperations.statsAll, {}).catch((error: unknown) => error)
  if (!(engine instanceof Error))
    yield {check: 'Docker', status: 'ok', detail: 'the server reaches its engine'}
  else if (engine instanceof Problem && engine.code === 'engine-unavailable')
    yield {check: 'Docker', status: 'warning', detail: engine.message, remedy: engine.hint}
  if (!isLoopback(parseServerUrl(connection.url).hostname)) return
  const {items} = await connection
    .call(proxyOperations.list, {query: {limit: 1000}})
    .catch(() => ({items: []}))
  const local = items.map(({hostname}) => hostname).filter(name => name.endsWith('.localhost'))
  const unknown = await unknownNames(local.slice(0, 20))
  if (unknown.length === 0) return
  yield {
    check: 'names',
    status: 'warning',
    detail: `programs other than browsers do not find ${unknown.join(', ')} here`,
    remedy: `add the line: \`${namesCommand(unknown)}\``,
  }
}

const unreachable = ({url}: Connection, error: Error): Finding => ({
  status: 'failure',
  detail: error.message,
  remedy: error instanceof Problem ? error.hint : `check that ${url} is mcpx`,
})

async function* ofServer(connection: Connection, health: Health, version: string): AsyncGenerator<Check> {
  const {url} = connection
  yield {check: 'server', status: 'ok', detail: `${url} answers (mcpx ${health.version})`}
  if (health.version !== version) {
    yield {
      check: 'version',
      status: 'warning',
      detail: `the server has ${health.version}, this command line ${version}`,
      remedy: `use the same: \`npx mcpx@${health.version}\``,
    }
  }
  for (const [part, {ok, detail}] of Object.entries(health.checks)) {
    const remedy = remedies[part] ?? 'the log of `mcpx serve` says more'
    yield {check: `server: ${part}`, status: ok ? 'ok' : 'failure', detail, ...(!ok && {remedy})}
  }
}

const remedies: Record<string, string> = {
  redis: 'start the Redis of the server again; requests are served meanwhile, changes are not',
}

/** What the server keeps: whose token this is, certificates, the authorization server. */
async function* ofState(connection: Connection): AsyncGenerator<Check> {
  const token = await connection.call(tokenOperations.info, {}).catch((error: unknown) => error)
  if (token instanceof Error) {
    const remedy = token instanceof Problem ? token.hint : '`mcpx login`'
    yield {check: 'token', status: 'failure', detail: token.message, remedy}
  } else {
    const {name, admin} = token as {name: string; admin: boolean}
    yield {check: 'token', status: 'ok', detail: `${name}${admin ? ' (admin)' : ''}`}
  }
  yield* ofCertificates(connection)
  yield* ofWork(connection)
  yield {check: 'issuer', ...(await probeIssuer(connection))}
}

async function probeClock(url: string): Promise<Finding> {
  const begun = Date.now()
  const response = await fetch(new URL('/health/live', url), {signal: AbortSignal.timeout(5000)}).catch(
    () => undefined,
  )
  const theirs = Date.parse(response?.headers.get('date') ?? '')
  const apart = Math.abs(theirs - (begun + Date.now()) / 2) / 1000
  if (Number.isNaN(theirs)) return {status: 'ok', detail: 'the server does not tell its time'}
  if (apart <= clockTolerance) return {status: 'ok', detail: 'agrees with that of the server'}
  const remedy = 'set both clocks by NTP: `timedatectl set-ntp true`'
  return {status: 'failure', detail: `${Math.round(apart)} s apart from that of the server`, remedy}
}

async function* ofCertificates(connection: Connection): AsyncGenerator<Check> {
  const {items} = await connection
    .call(certificateOperations.list, {query: {limit: 1000}})
    .catch(() => ({items: []}))
  for (const one of items) yield {check: `certificate ${one.cert_name}`, ...ofCertificate(one)}
}

/** Renewal is due at a third of the lifetime: half of that later something keeps it from happening. */
function ofCertificate({cert_name, status, issuer, issued_at, expires_at}: Certificate): Finding {
  const detail = expires_at === undefined ? status : `${status}, until ${expires_at}`
  if (status !== 'active' && status !== 'pending')
    return {status: 'failure', detail, remedy: `see why: \`mcpx cert show ${cert_name}\``}
  if (issued_at === undefined || expires_at === undefined) return {status: 'ok', detail}
  const [from, until] = [Date.parse(issued_at), Date.parse(expires_at)]
  if (until - Date.now() > (until - from) / 6) return {status: 'ok', detail}
  const remedy =
    issuer === 'imported'
      ? `get a new one, and \`mcpx cert import ${cert_name}\` it`
      : `\`mcpx cert renew ${cert_name} --force --wait\` says what is in the way`
  return {status: 'warning', detail: `${detail}; it should have been renewed by now`, remedy}
}

/** The metadata of the authorization server (RFC 8414), as an MCP client reads it. */
async function probeIssuer(connection: Connection): Promise<Finding> {
  const told = await connection.call(oauthOperations.health, {}).catch((error: Error) => error)
  if (told instanceof Error) return {status: 'warning', detail: told.message, remedy: '`mcpx login` first'}
  const wrong = told.checks.find(({ok}) => !ok)
  const found = await metadataAt(told.issuer)
  const detail = wrong?.detail ?? found.error ?? `the metadata at ${told.issuer} names ${found.issuer}`
  if (!wrong && found.issuer === told.issuer)
    return {status: 'ok', detail: `${told.issuer} tells its metadata`}
  return {
    status: 'failure',
    detail,
    remedy: 'set OAUTH_ISSUER to the address clients reach it at; `mcpx oauth health`',
  }
}

async function metadataAt(origin: string): Promise<{issuer?: string; error?: string}> {
  const place = new URL('/.well-known/oauth-authorization-server', origin)
  try {
    const response = await fetch(place, {signal: AbortSignal.timeout(5000)})
    return response.ok
      ? ((await response.json()) as {issuer: string})
      : {error: `${place} answers ${response.status}`}
  } catch (error) {
    return {error: `${place}: ${reasonOf(error)}`}
  }
}

/** This machine: what `mcpx serve` needs in this folder. Only where the server is, or is to be. */
async function* ofMachine(url: string, isRunning: boolean): AsyncGenerator<Check> {
  if (!isLoopback(parseServerUrl(url).hostname)) return
  const config = settings()
  if (config instanceof ConfigError) {
    const remedy = 'correct ./.env or the environment; docs/configuration.md has every variable'
    yield {check: 'configuration', status: 'failure', detail: config.message.split('\n').join(' '), remedy}
    return
  }
  yield {check: 'configuration', status: 'ok', detail: 'can be used'}
  yield {check: 'Redis', ...(await probeOwnRedis(config))}
  // What a server that runs uses, it says itself.
  if (!isRunning) yield {check: 'Docker', ...(await probeDocker(config.DOCKER_HOST))}
  if (config.BASE_DOMAIN !== undefined) yield {check: 'DNS', ...(await probeDomain(config.BASE_DOMAIN))}
  if (isRunning) return
  for (const port of [config.HTTP_PORT ?? 80, config.HTTPS_PORT ?? 443])
    yield {check: `port ${port}`, ...(await probePort(port, config.BIND_ADDRESS))}
}

function settings(): Config | ConfigError {
  try {
    return readConfig(serverEnvironment())
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

async function probeOwnRedis({REDIS_URL, REDIS_PASSWORD}: Config): Promise<Finding> {
  if (REDIS_URL !== undefined) return probeRedis(REDIS_URL, REDIS_PASSWORD)
  const program = findProgram(['redis-server', 'valkey-server'])
  if (program !== undefined) return {status: 'ok', detail: `private, with ${program}`}
  const remedy = 'install one: `apt-get install redis-server`, or set REDIS_URL'
  return {status: 'failure', detail: 'no redis-server or valkey-server on the PATH', remedy}
}
