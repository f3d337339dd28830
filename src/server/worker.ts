// A gateway worker: the snapshot kept current by the feed, and the gateway that serves from it.
import {randomBytes} from 'node:crypto'
import {Agent, request} from 'node:http'
import type {Log} from '../core/log.ts'
import {isTrusted} from '../core/routing/certificates.ts'
import {GuardedPorts} from '../core/routing/guarded.ts'
import {authHostOf} from '../core/routing/match.ts'
import {Snapshot} from '../core/routing/snapshot.ts'
import {Feed, together} from '../core/store/feed.ts'
import {openRecords} from '../core/store/records.ts'
import type {Batch} from '../core/telemetry.ts'
import {createAuthorize} from './authorize.ts'
import {onceRedisAnswers, openStore, waitNoLonger} from './connection.ts'
import {createGateway} from './gateway/gateway.ts'
import {GuardedListeners} from './gateway/guarded.ts'
import {Guard} from './oauth/guard.ts'
import {fixIssuer} from './oauth/issuer.ts'
import type {Part, Setup} from './part.ts'

/** Waits for Redis, loads the snapshot, then accepts on `socket`. When Redis goes away later, it serves what it has. */
export async function startWorker(
  setup: Setup,
  worker: number,
  sockets: {http: object; https: object | undefined},
  log: Log,
): Promise<Part> {
  const {config, httpsPort} = setup
  const store = openStore(setup)
  const records = openRecords(store)
  const snapshot = new Snapshot(records)
  const ports = new GuardedPorts(records, setup.replica)
  const feed = new Feed(store, together(ports, snapshot), error =>
    log.warn({err: error}, 'the change feed is interrupted'),
  )
  const load = async (): Promise<{secret: string; issuer: string}> => {
    await feed.start()
    const {issuer} = await fixIssuer(store, config, setup.ports[0] ?? 80)
    return {secret: await sessionSecret(store), issuer}
  }
  const waiting = (reason: string): void => log.warn({reason}, 'waiting for Redis')
  const {secret, issuer} = await onceRedisAnswers(store, load, waiting)
  const gateway = createGateway({
    snapshot,
    places: {baseDomain: config.BASE_DOMAIN, authHost: authHostOf(issuer)},
    config,
    control: {socketPath: setup.sockets.control},
    sessionKey: Buffer.from(secret, 'base64'),
    authorize: createAuthorize(new Guard({issuer, protection: snapshot.protection})),
    ...(httpsPort !== undefined && {httpsPort, hasCertificate: host => hasTrusted(snapshot, host)}),
    worker,
    deliver: reporter(setup.sockets.report),
    ...(log.isLevelEnabled('info') && {
      log: ({time: began, ...exchange}) => log.info({began, ...exchange}, 'exchange'),
    }),
    report: error => log.error({err: error}, 'the gateway failed'),
  })
  await gateway.listen({handle: sockets.http}, {secure: false})
  if (sockets.https) await gateway.listen({handle: sockets.https}, {secure: true})
  // Where the system cannot share a port between processes, the first worker serves the guarded ones.
  const shared = setup.workers > 1 && process.platform === 'linux'
  const report = (error: unknown): void => log.warn({err: error}, 'a port of a service cannot be listened on')
  const guarded = worker === 0 || shared ? new GuardedListeners({ports, gateway, shared, report}) : undefined
  return {
    async stop() {
      await guarded?.close()
      await gateway.drain(config.DRAIN_TIMEOUT * 1000)
      await waitNoLonger(store)
      await feed.stop()
      await store.close()
    },
  }
}

/** Whether HTTPS works for everybody: who has not installed the CA of this mcpx is not sent there. */
function hasTrusted({certificates, proxies}: Snapshot, host: string): boolean {
  const found = certificates.find(host, proxies.get(host))
  return found !== undefined && isTrusted(found)
}

/** The key of the tags on MCP session ids: the same in every worker of every replica. */
const sessionSecret = (store: ReturnType<typeof openStore>): Promise<string> =>
  store.firstStart('session-key', () => randomBytes(32).toString('base64'))

/** Sends batches to the control process. Rejects while it is away. */
function reporter(socketPath: string): (batch: Batch) => Promise<void> {
  const agent = new Agent({keepAlive: true, maxSockets: 1})
  return batch =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(batch)
      const sent = request({
        agent,
        socketPath,
        method: 'POST',
        path: '/',
        headers: {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)},
        timeout: 5000,
      })
      sent.once('timeout', () => sent.destroy(new Error('the control process does not answer')))
      sent.once('error', reject)
      sent.once('response', response => {
        response.resume()
        if (response.statusCode === 204) resolve()
        else reject(new Error(`the control process answered ${response.statusCode}`))
      })
      sent.end(body)
    })
}
