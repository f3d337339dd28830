// The control process: admin API, console and demo on one private socket, the reports of the workers on another.
import {rmSync} from 'node:fs'
import {createServer, type IncomingMessage, type Server} from 'node:http'
import {join} from 'node:path'
import {crlPath} from '../core/certificates.ts'
import {adminName} from '../core/contract/token.ts'
import type {Log} from '../core/log.ts'
import {Problem} from '../core/problem.ts'
import {ConsoleSessions} from '../core/store/console-sessions.ts'
import {Exchanges} from '../core/store/exchanges.ts'
import {openRecords} from '../core/store/records.ts'
import {refuseUnfit, withoutSecrets} from '../core/store/redis.ts'
import type {Store} from '../core/store/store.ts'
import {addUses} from '../core/store/uses.ts'
import type {Batch} from '../core/telemetry.ts'
import {ensureAdminToken} from './admin-token.ts'
import {createApi} from './api/api.ts'
import type {Parts} from './api/call.ts'
import {McpPublisher} from './api/mcp-server.ts'
import {firstCertificate} from './api/proxy-certificate.ts'
import {Telemetry} from './api/telemetry.ts'
import {CertificateManager} from './certificates/manager.ts'
import {onceRedisAnswers, openStore, waitNoLonger} from './connection.ts'
import {Demo} from './demo.ts'
import {Lookout} from './lookout.ts'
import {OAuthAdmin} from './oauth/admin.ts'
import {fixIssuer} from './oauth/issuer.ts'
import {type LocalPort, openLocalPort} from './oauth/local-port.ts'
import {startOAuth} from './oauth/oauth.ts'
import {detect, probe} from './oauth/probe.ts'
import {ownListeners} from './own-listeners.ts'
import type {Part, Setup} from './part.ts'
import {ServiceManager} from './services/manager.ts'

/** Waits for Redis. Throws when this Redis is unfit or belongs to another secret key. */
export async function startControl(
  setup: Setup,
  log: Log,
  notice: (text: string) => void,
): Promise<Part & {adminToken: string | undefined}> {
  const {config, sockets, replica, version, ports, workers} = setup
  const store = openStore(setup)
  const records = openRecords(store)
  const firstStart = async (): Promise<string | undefined> => {
    await checkRedis(store)
    return ensureAdminToken(records, {
      given: config.ADMIN_TOKEN,
      draft: setup.adminTokenDraft,
      reset: setup.resetAdminToken,
    })
  }
  const adminToken = await onceRedisAnswers(store, firstStart, reason =>
    notice(`Waiting for Redis at ${withoutSecrets(setup.redis.url)}: ${reason}`),
  )
  const exchanges = new Exchanges(store, config.RECENT_REQUESTS)
  const telemetry = new Telemetry(exchanges)
  const {issuer, moved} = await fixIssuer(store, config, ports[0] ?? 80)
  if (moved) {
    notice(
      `The authorization server stays at ${issuer}, as clients know it, but this port is ${ports[0]}: logins do not work. Free that port, or set OAUTH_ISSUER.`,
    )
  }
  for (const variable of ['OAUTH_ALLOWED_GITHUB_USERS', 'OAUTH_ALLOWED_OIDC_USERS'] as const) {
    if (config[variable].includes('*')) notice(`${variable} is \`*\`: everybody there can log in here.`)
  }
  const oauth = await startOAuth({config, store, records, issuer, log})
  const operator = {name: adminName, admin: true, loopback: true}
  const demo = new Demo({
    store,
    records,
    certify: proxy => firstCertificate(parts, operator, proxy, {}),
    replica,
    baseDomain: config.BASE_DOMAIN,
    port: ports[0] ?? 80,
    log,
  })
  let localPort: LocalPort | undefined
  const services = new ServiceManager({
    config,
    store,
    records,
    replica,
    directory: join(config.MCPX_DATA_DIR, 'uploads'),
    report: error => log.warn({err: error}, 'services are not looked after'),
  })
  const [httpPort = 80] = ports
  const site = `http://${config.BASE_DOMAIN ?? 'localhost'}${httpPort === 80 ? '' : `:${httpPort}`}`
  const certificates = new CertificateManager({config, store, records, log, crlUrl: site + crlPath})
  const parts: Parts = {
    certificates,
    config,
    store,
    records,
    exchanges,
    telemetry,
    consoleSessions: new ConsoleSessions(store),
    demo,
    services,
    oauth: new OAuthAdmin(oauth),
    consoleLogins: oauth.consoleLogins,
    prober: {detect, probe},
    replica,
    version,
    ports: () => ports,
    listeners: () => ownListeners(config, ports, localPort !== undefined),
    workers,
  }
  const publisher = new McpPublisher(parts)
  const lookout = new Lookout({store, records, publisher, interval: config.MCP_CHECK_INTERVAL, log})
  const api = createApi(parts, log)
  const accept = async (batch: Batch): Promise<void> => {
    await Promise.all([telemetry.accept(batch), addUses(store, batch.uses ?? [])])
  }
  const reports = receiveReports(accept, log)
  for (const socket of [sockets.control, sockets.report]) rmSync(socket, {force: true})
  await listen(reports, sockets.report)
  await api.ready()
  const server = createServer((request, response) => {
    if (request.headers['x-mcpx-part'] === 'oauth') void oauth.handler(request, response)
    else api.routing(request, response)
  })
  await listen(server, sockets.control)
  const ownPort = config.OAUTH_LOCAL_PORT
  if (ownPort !== 0) {
    localPort = await openLocalPort(ownPort, issuer, oauth.handler, error =>
      log.info({reason: error.message}, 'the authorization server has no port of its own on localhost'),
    )
  }
  await services.start()
  await certificates.start()
  await demo.resume()
  await lookout.start()
  return {
    adminToken,
    async stop() {
      reports.close()
      reports.closeAllConnections()
      localPort?.close()
      server.close()
      server.closeAllConnections()
      await waitNoLonger(store)
      for (const part of [{stop: () => api.close()}, lookout, oauth, demo, services, certificates]) {
        try {
          await part.stop()
        } catch (error) {
          // As one whose Redis is away; the others stop all the same.
          log.warn({err: error as Error}, 'a part did not stop in order')
        }
      }
      await store.close()
    },
  }
}

/** Throws redis-unfit. */
async function checkRedis({redis}: Store): Promise<void> {
  try {
    await refuseUnfit(redis)
  } catch (error) {
    throw new Problem('redis-unfit', (error as Error).message)
  }
}

/** Takes batches from the workers. Nobody else reaches its socket, so they are not checked. */
function receiveReports(accept: (batch: Batch) => Promise<void>, log: Log): Server {
  return createServer((request, response) => {
    const answer = (status: number): void => void response.writeHead(status).end()
    readJson(request).then(
      batch => {
        accept(batch as Batch).catch(error =>
          log.warn({err: error as Error}, 'recent requests were not kept'),
        )
        answer(204)
      },
      () => answer(400),
    )
  })
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString())
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}
