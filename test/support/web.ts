// The web UI of a real server in a real browser, with records and traffic as people have them.
import {createServer, request, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import type {Browser, BrowserContext, Page, Request} from 'playwright-core'
import {openBrowser} from './browser.ts'
import {askPort, exchange, logIn, Person, type Reachable, registerClient} from './oauth.ts'
import {startServer, type TestServer} from './server.ts'
import {until} from './until.ts'

export interface Web {
  server: TestServer
  browser: Browser
  /** Port of the program behind the proxies; it fails below `/broken`. */
  upstream: number
  /** Calls the admin API as admin; throws on a refusal. */
  api: (method: string, path: string, body?: unknown) => Promise<unknown>
  /** A signed-in page; what the browser complains about is gathered. */
  signedIn: (options?: PageOptions) => Promise<{page: Page; context: BrowserContext; complaints: string[]}>
  /** Cookies and storage of somebody who signed in, for further contexts. */
  signedState: () => Promise<{storage: Awaited<ReturnType<BrowserContext['storageState']>>}>
  /** A request through a proxy. */
  visit: (
    hostname: string,
    path: string,
    sent?: {body?: string; headers?: Record<string, string>},
  ) => Promise<void>
  close: () => Promise<void>
}

export interface PageOptions {
  width?: number
  height?: number
  theme?: 'light' | 'dark'
  /** Lets scripts of the test into the page. */
  bypassCSP?: boolean
  /** Secret to sign in with; default the admin token. */
  token?: string
}

/** `env` as for `mcpx serve`. */
export async function openWeb(env: Record<string, string> = {}): Promise<Web> {
  const server = await startServer({env})
  const browser = await openBrowser()
  const upstream = await listen(
    createServer((asked, response) => {
      response.statusCode = asked.url?.startsWith('/broken') ? 500 : 200
      response.end('hello\n')
    }),
  )
  const {port} = upstream.address() as AddressInfo

  const api: Web['api'] = async (method, path, body) => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json'},
      ...(body !== undefined && {body: JSON.stringify(body)}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text === '' ? undefined : JSON.parse(text)
  }

  const signedIn: Web['signedIn'] = async ({
    width = 1280,
    height = 900,
    theme = 'light',
    token,
    bypassCSP = false,
  } = {}) => {
    const context = await browser.newContext({viewport: {width, height}, colorScheme: theme, bypassCSP})
    const page = await context.newPage()
    const complaints = complaintsOf(page)
    await page.goto(server.url)
    await page.fill('#token', token ?? server.adminToken)
    await page.click('text=Sign in >> nth=-1')
    await page.waitForSelector('.link-state.live')
    return {page, context, complaints}
  }

  return {
    server,
    browser,
    upstream: port,
    api,
    signedIn,
    async signedState() {
      const {context} = await signedIn()
      const storage = await context.storageState()
      await context.close()
      return {storage}
    },
    visit: (hostname, path, {body, headers = {}} = {}) =>
      new Promise((resolve, reject) => {
        request(
          {
            host: '127.0.0.1',
            port: server.port,
            path,
            method: body === undefined ? 'GET' : 'POST',
            headers: {host: `${hostname}:${server.port}`, ...headers},
          },
          response => response.resume().once('end', resolve),
        )
          .once('error', reject)
          .end(body)
      }),
    async close() {
      await browser.close()
      upstream.closeAllConnections()
      upstream.close()
      await server.stop()
    },
  }
}

/** What a page logs as an error, and what it throws. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', message => {
    // A container that comes or goes changes the networks of this machine, which is none of the page's doing.
    if (message.type() === 'error' && !message.text().includes('ERR_NETWORK_CHANGED'))
      complaints.push(`${message.text()} (${message.location().url} on ${page.url()})`)
  })
  page.on('pageerror', error => complaints.push(error.message))
  return complaints
}

const listen = (server: Server): Promise<Server> =>
  new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

/** Somebody logs in to an MCP server with a client. */
export interface Login {
  client: string
  access_token: string
  session: string
  jti: string
}

export async function logInto({api, server}: Web, hostname: string, client_name: string): Promise<Login> {
  const ask: Reachable['ask'] = (url, sent = {}) => askPort(server.port, url, sent)
  const issuer = server.url
  const reachable = {issuer, adminToken: server.adminToken, ask, person: () => new Person(ask)}
  const client = await registerClient(reachable, {client_name})
  let reply: Awaited<ReturnType<typeof exchange>> | undefined
  // The authorization server hears of a new resource a moment later.
  await until(async () => {
    const resource = `http://${hostname}:${server.port}/mcp`
    const outcome = await logIn(reachable, {client, resource, scope: 'mcp:read mcp:write'})
    reply = await exchange(reachable, client, outcome, {resource})
    return reply.status === 200
  }, `a login to ${hostname}`)
  const {items} = (await api('GET', `/oauth/clients/${client}/tokens`)) as {
    items: {jti: string; session: string}[]
  }
  const {jti = '', session = ''} = items[0] ?? {}
  return {client, jti, session, access_token: reply?.json.access_token}
}

/** Records and requests that make pages look as they do in use. Answers the pages whose addresses are made up. */
export async function fill(web: Web): Promise<Record<string, string>> {
  const {api, upstream, visit} = web
  const target_url = `http://127.0.0.1:${upstream}`
  await api('POST', '/instances', {name: 'search', target_url, description: 'the search server'})
  await api('POST', '/instances', {name: 'files', target_url, more_urls: [`${target_url}/second`]})
  for (const [name, description] of [
    ['app', 'the front page'],
    ['tools', 'MCP tools for the team'],
    ['wiki', ''],
    ['grafana', 'dashboards'],
  ])
    await api('POST', '/proxy/targets', {
      hostname: `${name}.localhost`,
      target_url,
      ...(description && {description}),
    })
  await api('POST', '/proxy/targets/wiki.localhost/disable')
  const route = (path_pattern: string, target: string, more: object = {}): Promise<unknown> =>
    api('POST', '/routes', {path_pattern, target_type: 'instance', target_value: target, ...more})
  await route('/mcp', 'search', {route_id: 'mcp', hosts: ['tools.localhost'], priority: 70})
  await route('/files', 'files', {route_id: 'files'})
  await route('/files/old', 'files', {route_id: 'files-old', priority: 40})
  await route('/v[0-9]+/.*', 'search', {route_id: 'versions', is_regex: true, methods: ['GET', 'POST']})
  await route('/legacy', 'files', {route_id: 'legacy', hosts: ['app.localhost'], priority: 30})
  await api('POST', '/routes/legacy/disable')
  await api('POST', '/proxy/targets/grafana.localhost/routes/versions/disable')
  await api('POST', '/proxy/targets/grafana.localhost/keys', {name: 'robot'})
  await api('POST', '/tokens', {name: 'ci', cert_email: 'ops@example.com'})
  const call = {jsonrpc: '2.0', id: 1, method: 'tools/call', params: {name: 'search'}}
  for (let index = 0; index < 12; index++) {
    await visit('app.localhost', `/page/${index}`)
    await visit('tools.localhost', '/mcp', {
      headers: {'content-type': 'application/json', accept: 'application/json, text/event-stream'},
      body: JSON.stringify(call),
    })
    if (index % 5 === 0) await visit('grafana.localhost', '/broken')
  }
  await api('POST', '/proxy/targets', {hostname: 'notes.localhost', target_url})
  await api('POST', '/proxy/targets/notes.localhost/mcp', {})
  const {client, session, jti} = await logInto(web, 'notes.localhost', 'Claude')
  return {
    'oauth-client': `/console/oauth-clients/${client}`,
    'oauth-client-grants': `/console/oauth-clients/${client}/grants`,
    'oauth-client-tokens': `/console/oauth-clients/${client}/tokens`,
    'oauth-session': `/console/oauth-sessions/${session}`,
    'oauth-session-grants': `/console/oauth-sessions/${session}/grants`,
    'oauth-token': `/console/oauth-tokens/${jti}`,
    resource: `/console/resources/${encodeURIComponent(`http://notes.localhost:${web.server.port}/mcp`)}`,
  }
}

/** Every page there is after `fill`, by name, beside those it answers. */
export const pages: Record<string, string> = {
  dashboard: '/',
  requests: '/console/requests',
  proxies: '/console/proxies',
  'proxy-new': '/console/proxies/new',
  'proxy-overview': '/console/proxies/app.localhost',
  'proxy-connect': '/console/proxies/app.localhost/connect',
  'proxy-requests': '/console/proxies/app.localhost/requests',
  'proxy-routes': '/console/proxies/tools.localhost/routes',
  'proxy-settings': '/console/proxies/app.localhost/settings',
  routes: '/console/routes',
  'route-new': '/console/routes/new',
  'route-settings': '/console/routes/mcp/settings',
  instances: '/console/instances',
  'instance-new': '/console/instances/new',
  'instance-overview': '/console/instances/files',
  'proxy-certificate': '/console/proxies/app.localhost/certificate',
  'proxy-protection': '/console/proxies/app.localhost/protection',
  'proxy-mcp': '/console/proxies/tools.localhost/mcp',
  'proxy-headers': '/console/proxies/app.localhost/headers',
  'proxy-keys': '/console/proxies/grafana.localhost/keys',
  certificates: '/console/certificates',
  'certificate-new': '/console/certificates/new',
  'certificate-overview': '/console/certificates/app.localhost',
  resources: '/console/resources',
  'resource-new': '/console/resources/new',
  services: '/console/services',
  'service-new': '/console/services/new',
  ports: '/console/ports',
  'port-token-new': '/console/port-tokens/new',
  'port-tokens': '/console/port-tokens',
  oauth: '/console/oauth',
  'oauth-clients': '/console/oauth-clients',
  'oauth-client-new': '/console/oauth-clients/new',
  'oauth-sessions': '/console/oauth-sessions',
  'oauth-tokens': '/console/oauth-tokens',
  tokens: '/console/tokens',
  'token-new': '/console/tokens/new',
  token: '/console/tokens/ci',
  settings: '/console/settings',
  'other-form': '/console/do/cert.import',
  'other-answer': '/console/do/cert.coverage',
  welcome: '/console/welcome',
  'welcome-protect': '/console/welcome/app.localhost',
  'welcome-done': '/console/welcome/app.localhost/done',
  missing: '/console/nowhere',
}

/** Goes to a page of the UI; resolves when all it asked for is there and drawn. */
export const goTo = (page: Page, url: string): Promise<void> => settled(page, () => page.goto(url))

/** The same as by a link of the page itself, without loading anew. */
export const turnTo = (page: Page, path: string): Promise<void> =>
  settled(page, () =>
    page.evaluate(to => {
      history.pushState(null, '', to)
      dispatchEvent(new PopStateEvent('popstate'))
    }, path),
  )

async function settled(page: Page, go: () => Promise<unknown>): Promise<void> {
  const pending = new Set<Request>()
  const asked = (request: Request): void => {
    if (!/\/(changes|stream|follow)(\?|$)/.test(request.url())) pending.add(request)
  }
  const answered = (request: Request): void => void pending.delete(request)
  page.on('request', asked).on('requestfinished', answered).on('requestfailed', answered)
  await go()
  await page.waitForSelector('h1, .empty h2')
  // What is drawn may ask for more.
  for (let quiet = 0; quiet < 3; quiet = pending.size > 0 ? 0 : quiet + 1) await page.evaluate(drawn)
  page.off('request', asked).off('requestfinished', answered).off('requestfailed', answered)
}

/** After two frames what was set is laid out and painted. */
const drawn = (): Promise<void> =>
  new Promise(resolve => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()))
  })
