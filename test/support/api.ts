// The admin API on a port of its own, with callers that hold tokens; the gateway's headers are set as the gateway does.
import {randomBytes} from 'node:crypto'
import {mkdtempSync, rmSync} from 'node:fs'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import pino from 'pino'
import {readConfig} from '../../src/core/config.ts'
import {ConsoleSessions} from '../../src/core/store/console-sessions.ts'
import {Exchanges} from '../../src/core/store/exchanges.ts'
import {makeSecret, secretHash} from '../../src/core/store/seal.ts'
import {createApi} from '../../src/server/api/api.ts'
import {Telemetry} from '../../src/server/api/telemetry.ts'
import {CertificateManager} from '../../src/server/certificates/manager.ts'
import {OAuthAdmin} from '../../src/server/oauth/admin.ts'
import {fixIssuer} from '../../src/server/oauth/issuer.ts'
import {startOAuth} from '../../src/server/oauth/oauth.ts'
import {detect, probe} from '../../src/server/oauth/probe.ts'
import {ownListeners} from '../../src/server/own-listeners.ts'
import {ServiceManager} from '../../src/server/services/manager.ts'
import {openTestStore, type TestStore} from './redis.ts'

export interface Answer {
  status: number
  headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into documents freely
  body: any
}

export type Caller = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

export interface TestApi {
  test: TestStore
  telemetry: Telemetry
  exchanges: Exchanges
  url: string
  /** Secret of the admin token. */
  token: string
  /** Calls as the admin token. */
  admin: Caller
  /** Calls as a token of this name, which is made first. */
  as(name: string): Promise<Caller>
  /** Calls without a token. */
  nobody: Caller
  services: ServiceManager
  /** What the service manager reported from the background. */
  reported: Error[]
  close(): Promise<void>
}

/** `environment` as `mcpx serve` would read it; `publicPort`: of this replica, for HTTP. `of`: another replica on that store; `now`: the clock of its certificates. */
export async function startApi(
  environment: Record<string, string> = {},
  {
    of,
    port = 0,
    publicPort = 8080,
    now: clock,
  }: {of?: TestStore; port?: number; publicPort?: number; now?: () => number} = {},
): Promise<TestApi> {
  const test = of ? {...of, ...of.replica(), close: async () => {}} : await openTestStore()
  const exchanges = new Exchanges(test.store, 1000)
  const telemetry = new Telemetry(exchanges)
  const secret = makeSecret('acm_')
  const now = new Date().toISOString()
  await test.records.token.create(of ? `ADMIN${randomBytes(4).toString('hex')}` : 'ADMIN', {
    name: 'ADMIN',
    admin: true,
    hash: secretHash(secret),
    owner: 'ADMIN',
    created_at: now,
    updated_at: now,
  })
  const reported: Error[] = []
  const refuse = async (): Promise<never> => {
    throw new Error('The demo is tested with the whole server')
  }
  const directory = mkdtempSync(join(tmpdir(), 'mcpx-uploads-'))
  const services = new ServiceManager({
    config: readConfig({DOCKER_HOST: 'unix:///nonexistent/docker.sock', ...environment}),
    store: test.store,
    records: test.records,
    directory,
    replica: of ? randomBytes(4).toString('hex') : 'test',
    report: error => reported.push(error),
  })
  const config = readConfig(environment)
  const log = pino({level: process.env['TEST_LOG'] ?? 'silent'})
  const {issuer} = await fixIssuer(test.store, config, 8080)
  const oauth = await startOAuth({config, store: test.store, records: test.records, issuer, log})
  const certificates = new CertificateManager({
    config,
    store: test.store,
    records: test.records,
    log,
    ...(clock && {now: clock}),
  })
  await certificates.start()
  const app = createApi(
    {
      config,
      certificates,
      store: test.store,
      records: test.records,
      exchanges,
      telemetry,
      services,
      consoleSessions: new ConsoleSessions(test.store),
      demo: {start: refuse, status: refuse, remove: refuse},
      oauth: new OAuthAdmin(oauth),
      consoleLogins: oauth.consoleLogins,
      prober: {detect, probe},
      replica: 'test',
      version: '0.0.0',
      ports: () => [publicPort],
      listeners: () => ownListeners(config, [publicPort], false),
      workers: 1,
    },
    log,
  )
  await services.start()
  await app.listen({port, host: '127.0.0.1'})
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const caller =
    (token?: string): Caller =>
    async (method, path, body, headers = {}) => {
      const response = await fetch(url + path, {
        method,
        headers: {
          'x-mcpx-loopback': '1',
          ...(token !== undefined && {authorization: `Bearer ${token}`}),
          ...(body !== undefined && {'content-type': 'application/json'}),
          ...headers,
        },
        ...(body !== undefined && {body: typeof body === 'string' ? body : JSON.stringify(body)}),
      })
      const text = await response.text()
      const json = /json/.test(response.headers.get('content-type') ?? '')
      return {status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text}
    }
  const admin = caller(secret)
  return {
    test,
    telemetry,
    exchanges,
    url,
    token: secret,
    admin,
    async as(name) {
      const {body} = await admin('POST', '/api/v1/tokens', {name})
      return caller(body.token)
    },
    nobody: caller(),
    services,
    reported,
    async close() {
      await app.close()
      await services.stop()
      rmSync(directory, {recursive: true, force: true})
      await oauth.stop()
      await certificates.stop()
      await test.close()
    },
  }
}
