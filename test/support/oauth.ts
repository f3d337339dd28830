// The authorization server on a port of its own, mounted as the control process does, with a person who has cookies.
import {createHash, randomBytes} from 'node:crypto'
import {mkdtempSync} from 'node:fs'
import {createServer, type IncomingHttpHeaders, request as send} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readConfig} from '../../src/core/config.ts'
import {authDefaults, mcpDefaults, type ProxyAuth} from '../../src/core/contract/protection.ts'
import type {ProxyTarget} from '../../src/core/contract/proxy.ts'
import {publicOrigin} from '../../src/core/routing/resources.ts'
import {Snapshot} from '../../src/core/routing/snapshot.ts'
import {Feed} from '../../src/core/store/feed.ts'
import {makeSecret, secretHash} from '../../src/core/store/seal.ts'
import {createAuthorize} from '../../src/server/authorize.ts'
import {createGateway, type Gateway} from '../../src/server/gateway/gateway.ts'
import {Guard} from '../../src/server/oauth/guard.ts'
import {type OAuth, type OAuthOptions, startOAuth} from '../../src/server/oauth/oauth.ts'
import {openTestStore, type TestStore} from './redis.ts'
import {until} from './until.ts'

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into documents freely
  json: any
  location: URL | undefined
}

export interface Sent {
  method?: string
  headers?: Record<string, string>
  /** Sent as a form. */
  form?: Record<string, string> | URLSearchParams
  /** Sent as JSON. */
  json?: unknown
}

export interface ProtectOptions {
  auth?: Partial<ProxyAuth>
  endpoint?: string
  scopes?: string[]
  target_url?: string
}

export interface TestOAuth {
  test: TestStore
  oauth: OAuth
  issuer: string
  port: number
  adminToken: string
  /** Log lines, as objects. */
  logged: Record<string, unknown>[]
  /** A request; the host of the URL is the Host, the server is always this one. */
  ask(url: string, sent?: Sent): Promise<Reply>
  person(): Person
  /** Protect a host; without `endpoint` it is no MCP server. Answers the resource. */
  protect(hostname: string, options?: ProtectOptions): Promise<string>
  /** Another replica on the same records, with `more` settings. */
  replica(more?: Record<string, string>): Promise<OAuth>
  close(): Promise<void>
}

/** What somebody needs of a server to log in. */
export type Reachable = Pick<TestOAuth, 'issuer' | 'adminToken' | 'ask' | 'person'>

export async function startTestOAuth(
  environment: Record<string, string> = {},
  options: Pick<OAuthOptions, 'fetch'> & {
    issuer?: string /** Put the gateway in front. */
    gateway?: boolean
    /** What is kept already; default nothing. */
    on?: TestStore
  } = {},
): Promise<TestOAuth> {
  const test = options.on ?? (await openTestStore())
  const logged: Record<string, unknown>[] = []
  const line = (fields: object, text: string): void => void logged.push({...fields, text})
  const log = {info: line, warn: line, error: line}
  let oauth: OAuth | undefined
  const server = createServer((request, response) => void oauth?.handler(request, response))
  const front = options.gateway ? await Front.open(test) : undefined
  await new Promise<void>(resolve =>
    front ? server.listen(front.socketPath, resolve) : server.listen(0, '127.0.0.1', resolve),
  )
  const port = front?.port ?? (server.address() as AddressInfo).port
  const issuer = options.issuer ?? `http://localhost:${port}`
  await front?.start(issuer)
  const started: OAuth[] = []
  const start = async (
    {store, records}: Pick<TestStore, 'store' | 'records'>,
    more: Record<string, string> = {},
  ): Promise<OAuth> => {
    const config = readConfig({...environment, ...more, OAUTH_ISSUER: issuer})
    const one = await startOAuth({
      config,
      store,
      records,
      issuer,
      log,
      ...(options.fetch && {fetch: options.fetch}),
    })
    started.push(one)
    return one
  }
  oauth = await start(test)
  const own = oauth
  const adminToken = makeSecret('acm_')
  const now = new Date().toISOString()
  const common = {owner: 'ADMIN', created_at: now, updated_at: now}
  const admin = {name: 'ADMIN', admin: true, hash: secretHash(adminToken), ...common}
  if (!options.on) await test.records.token.create('ADMIN', admin)
  const ask = (url: string, sent: Sent = {}): Promise<Reply> => askPort(port, url, sent)
  return {
    test,
    oauth: own,
    issuer,
    port,
    adminToken,
    logged,
    ask,
    person: () => new Person(ask),
    async protect(hostname, {auth = {}, endpoint, scopes = ['mcp:read', 'mcp:write'], target_url} = {}) {
      const record = {
        hostname,
        enabled: true,
        enable_http: true,
        enable_https: true,
        redirect_to_https: true,
        preserve_host_header: false,
        route_mode: 'all',
        enabled_routes: [],
        disabled_routes: [],
        target_url: target_url ?? 'http://127.0.0.1:9',
        auth: {...authDefaults, enabled: true, ...auth},
        ...(endpoint !== undefined && {mcp: {...mcpDefaults, enabled: true, endpoint, scopes}}),
        ...common,
      } satisfies Omit<ProxyTarget, 'revision'>
      await test.records.proxy.create(hostname, record)
      const origin = publicOrigin(issuer, hostname)
      const uri = origin + (endpoint ?? '')
      if (endpoint !== undefined) {
        const resource = {uri, proxy_target: hostname, scopes, metadata_url: '', ...common}
        await test.records.resource.create(uri, resource)
      }
      await until(() => own.view.resources.some(one => one.uri === uri), `${uri} is known`)
      if (front) await until(() => front.knows(hostname, uri, endpoint), `the gateway knows ${hostname}`)
      return uri
    },
    replica: more => start(test.replica(), more),
    async close() {
      await front?.close()
      await Promise.all(started.map(one => one.stop()))
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await test.close()
    },
  }
}

/** A gateway in front of the authorization server, as a worker has it. */
class Front {
  readonly socketPath = join(mkdtempSync(join(tmpdir(), 'mcpx-oauth-')), 'control.sock')
  port = 0
  readonly #snapshot: Snapshot
  readonly #feed: Feed
  readonly #gateway: Gateway
  #authorize: ReturnType<typeof createAuthorize> = async () => undefined

  private constructor({store, records}: Pick<TestStore, 'store' | 'records'>) {
    this.#snapshot = new Snapshot(records)
    this.#feed = new Feed(store, this.#snapshot, () => {})
    this.#gateway = createGateway({
      snapshot: this.#snapshot,
      places: {baseDomain: undefined},
      config: {TRUSTED_PROXIES: [], PROXY_CONNECT_TIMEOUT: 5, PROXY_REQUEST_TIMEOUT: 20, SSE_KEEPALIVE: 15},
      control: {socketPath: this.socketPath},
      sessionKey: randomBytes(32),
      worker: 0,
      deliver: () => {},
      authorize: exchange => this.#authorize(exchange),
    })
  }

  static async open(test: TestStore): Promise<Front> {
    const front = new Front(test.replica())
    front.port = (await front.#gateway.listen({port: 0, host: '127.0.0.1'}, {secure: false})).port
    return front
  }

  async start(issuer: string): Promise<void> {
    this.#authorize = createAuthorize(new Guard({issuer, protection: this.#snapshot.protection}))
    await this.#feed.start()
  }

  knows(hostname: string, uri: string, endpoint: string | undefined): boolean {
    const known = this.#snapshot.protection.resources(hostname).some(one => one.uri === uri)
    return this.#snapshot.proxies.has(hostname) && (endpoint === undefined || known)
  }

  async close(): Promise<void> {
    await this.#gateway.close()
    await this.#feed.stop()
  }
}

/** A request to a port of this machine with the Host of `url`. */
export function askPort(port: number, url: string, {method, headers = {}, form, json}: Sent): Promise<Reply> {
  const to = new URL(url)
  const body =
    form !== undefined
      ? new URLSearchParams(form).toString()
      : json !== undefined
        ? JSON.stringify(json)
        : undefined
  const type = form !== undefined ? 'application/x-www-form-urlencoded' : 'application/json'
  return new Promise((resolve, reject) => {
    const sent = send(
      {
        host: '127.0.0.1',
        port,
        path: to.pathname + to.search,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {host: to.host, ...(body !== undefined && {'content-type': type}), ...headers},
      },
      response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const isJson = /json/.test(response.headers['content-type'] ?? '')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: isJson && text !== '' ? JSON.parse(text) : undefined,
            location: response.headers.location ? new URL(response.headers.location, to) : undefined,
          })
        })
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}

/** Somebody with a browser: keeps cookies by host, follows redirects, presses buttons. */
export class Person {
  readonly #ask: (url: string, sent?: Sent) => Promise<Reply>
  readonly cookies = new Map<string, {value: string; path: string; raw: string}>()

  constructor(ask: (url: string, sent?: Sent) => Promise<Reply>) {
    this.#ask = ask
  }

  async visit(url: string, sent: Sent = {}): Promise<Reply> {
    const to = new URL(url)
    const mine = [...this.cookies].filter(
      ([name, {path}]) => name.startsWith(`${to.hostname} `) && to.pathname.startsWith(path),
    )
    const cookie = mine.map(([name, {value}]) => `${name.split(' ')[1]}=${value}`).join('; ')
    const headers = {accept: 'text/html', ...(cookie !== '' && {cookie}), ...sent.headers}
    const reply = await this.#ask(url, {...sent, headers})
    for (const raw of reply.headers['set-cookie'] ?? []) {
      const [pair = ''] = raw.split(';')
      const at = pair.indexOf('=')
      const name = `${to.hostname} ${pair.slice(0, at)}`
      const path = /;\s*path=([^;]*)/i.exec(raw)?.[1] ?? '/'
      const gone = /expires=Thu, 01 Jan 1970/i.test(raw) || /max-age=0/i.test(raw)
      if (gone) this.cookies.delete(name)
      else this.cookies.set(name, {value: pair.slice(at + 1), path, raw})
    }
    return reply
  }

  /** Visit, and follow redirects while they stay on `hosts` (origins). */
  async follow(url: string, hosts: readonly string[], sent: Sent = {}): Promise<{url: string; reply: Reply}> {
    let at = url
    let reply = await this.visit(at, sent)
    for (let hops = 0; reply.location && hosts.includes(reply.location.origin); hops++) {
      if (hops > 20) throw new Error(`redirected in circles at ${at}`)
      at = reply.location.href
      reply = await this.visit(at)
    }
    return {url: at, reply}
  }

  /** Press a button of a page: `fields` are added to the hidden ones of its first form to `action`. */
  async press(
    page: {url: string; reply: Reply},
    step: 'login' | 'consent',
    fields: Record<string, string>,
    hosts: readonly string[],
  ): Promise<{url: string; reply: Reply}> {
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.reply.text)?.[1]
    if (csrf === undefined)
      throw new Error(`no form at ${page.url}: ${page.reply.status} ${page.reply.text.slice(0, 500)}`)
    return this.follow(`${page.url}/${step}`, hosts, {form: {csrf, ...fields}})
  }
}

export interface Pkce {
  verifier: string
  challenge: string
}
export function pkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url')
  return {verifier, challenge: createHash('sha256').update(verifier).digest('base64url')}
}

export const redirectUri = 'http://127.0.0.1:7777/callback'

/** Register a public client; answers its id. */
export async function registerClient(
  server: Reachable,
  metadata: Record<string, unknown> = {},
): Promise<string> {
  const reply = await server.ask(`${server.issuer}/register`, {
    json: {
      client_name: 'Test client',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
      ...metadata,
    },
  })
  if (reply.status !== 201) throw new Error(`not registered: ${reply.status} ${reply.text}`)
  return reply.json.client_id
}

export interface LoginOptions {
  client: string
  /** Left out when undefined. */
  resource?: string | undefined
  scope?: string | undefined
  person?: Person
  redirect?: string
  extra?: Record<string, string>
}

export interface LoginOutcome {
  /** Where the browser was sent in the end. */
  returned: URL
  verifier: string
  /** Pages that were shown on the way. */
  pages: ('login' | 'consent')[]
}

/** Walk through /authorize as a person who logs in with the admin token and allows everything. */
export async function logIn(server: Reachable, options: LoginOptions): Promise<LoginOutcome> {
  const {client, resource, scope, person = server.person(), redirect = redirectUri, extra} = options
  const {verifier, challenge} = pkce()
  const url = new URL(`${server.issuer}/authorize`)
  url.search = new URLSearchParams({
    client_id: client,
    redirect_uri: redirect,
    response_type: 'code',
    state: 'the-state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(resource !== undefined && {resource}),
    ...(scope !== undefined && {scope}),
    ...extra,
  }).toString()
  return {verifier, ...(await passLogin(server, url, person))}
}

/** Walk through the pages from where a client opens the browser to where that returns. */
export async function passLogin(
  {issuer, adminToken}: Pick<Reachable, 'issuer' | 'adminToken'>,
  url: URL,
  person: Person,
): Promise<Omit<LoginOutcome, 'verifier'>> {
  const pages: LoginOutcome['pages'] = []
  let page = await person.follow(url.href, [issuer])
  if (page.reply.text.includes('Log in to continue')) {
    pages.push('login')
    page = await person.press(page, 'login', {method: 'token', token: adminToken}, [issuer])
  }
  if (page.reply.text.includes('value="allow"')) {
    pages.push('consent')
    page = await person.press(page, 'consent', {action: 'allow'}, [issuer])
  }
  const {location, status, text} = page.reply
  if (!location)
    throw new Error(`the login ended at ${page.url}: ${status} ${text.slice(text.indexOf('<main>'))}`)
  return {returned: location, pages}
}

export async function exchange(
  server: Reachable,
  client: string,
  {returned, verifier}: Pick<LoginOutcome, 'returned' | 'verifier'>,
  extra: Record<string, string> = {},
): Promise<Reply> {
  return server.ask(`${server.issuer}/token`, {
    form: {
      grant_type: 'authorization_code',
      client_id: client,
      code: returned.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
      ...extra,
    },
  })
}

export const refresh = (
  server: Reachable,
  client: string,
  token: string,
  extra: Record<string, string> = {},
): Promise<Reply> =>
  server.ask(`${server.issuer}/token`, {
    form: {grant_type: 'refresh_token', client_id: client, refresh_token: token, ...extra},
  })

/** Log in and exchange. */
export async function tokens(
  server: Reachable,
  options: LoginOptions,
): Promise<{access_token: string; refresh_token: string; scope: string}> {
  const reply = await exchange(server, options.client, await logIn(server, options))
  if (reply.status !== 200) throw new Error(`no tokens: ${reply.status} ${reply.text}`)
  return reply.json
}

/** The claims of a JWT, unchecked. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into documents freely
export const claimsOf = (jwt: string): any =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
