// Each path of OAuth: what is answered here, and what is put right and passed to oidc-provider.
import type {IncomingMessage, ServerResponse} from 'node:http'
import type Provider from 'oidc-provider'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import {Problem} from '../../core/problem.ts'
import {matchPath, trimmed} from '../../core/routing/path.ts'
import {pathOf, publicOrigin} from '../../core/routing/resources.ts'
import type {ExpiringValues} from '../../core/store/expiring.ts'
import type {BrowserLogins} from './browser.ts'
import type {ConsoleLogins} from './console-login.ts'
import {type Ask, exposedHeaders, type Guard} from './guard.ts'
import {type Headers, Refusal, readBody, rewritten, send, sendJson, wantsHtml} from './http.ts'
import {type Login, refusalPage} from './login.ts'
import {messagePage, pageHeaders} from './pages.ts'
import {type Known, tolerateAuthorization, tolerateRegistration, tolerateToken} from './tolerance.ts'
import type {View} from './view.ts'

export interface RequestsOptions {
  issuer: string
  provider: () => Provider
  view: View
  values: ExpiringValues
  login: Login
  browser: BrowserLogins
  consoleLogins: ConsoleLogins
  guard: Guard
  proxy: (hostname: string) => Promise<ProxyTarget | undefined>
  /** Id of an access token of ours whose signature holds. */
  verifyOwn: (token: string) => Promise<string | undefined>
  failed: (error: unknown) => void
}

/** Registrations an address may make in ten minutes. */
const registrations = 120
/** Bytes of one, which anybody may leave here. */
const registrationLimit = 16 * 1024

const prm = '/.well-known/oauth-protected-resource'
const metadata = /^\/\.well-known\/(oauth-authorization-server|openid-configuration)(\/.*)?$/

/** What each path takes; the library would answer 404 in plain text. */
const methods: [RegExp, string][] = [
  [/^\/(?:token|register|revoke|introspect|logout\/session\/confirm)$/, 'POST'],
  [/^\/register\//, 'GET, PUT, DELETE'],
  [/^\/authorize\//, 'GET'],
  [/^\/(?:authorize|logout)$/, 'GET, HEAD, POST'],
  [/^\/(?:jwks$|callback$|\.well-known\/)/, 'GET, HEAD'],
]

/** Throws a Refusal (405). */
function checkMethod(method: string, path: string): void {
  const allow = methods.find(([pattern]) => pattern.test(path))?.[1]
  if (allow === undefined || allow.split(', ').includes(method)) return
  throw new Refusal(405, 'invalid_request', `this takes ${allow}`, {allow})
}

/** Where nobody looks with a browser, whatever Accept says. */
const forPrograms = /^\/(?:token|register|revoke|introspect|jwks|verify|\.well-known)(?:\/|$)/

const cors: Headers = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': exposedHeaders,
}
const preflight: Headers = {
  ...cors,
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    '*, Authorization, Content-Type, Accept, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, X-Api-Key',
  'access-control-max-age': '3600',
}

interface Request {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  path: string
  /** Hostname that was asked, without port. */
  host: string
}

export class Requests {
  readonly #options: RequestsOptions
  readonly #authHost: string

  constructor(options: RequestsOptions) {
    this.#options = options
    this.#authHost = new URL(options.issuer).hostname
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(this.#read(request, response))
    } catch (error) {
      this.#refuse(request, response, error)
    }
  }

  #read(request: IncomingMessage, response: ServerResponse): Request {
    const {headers} = request
    const authority = (headers.host ?? '').toLowerCase()
    const host = authority.replace(/:\d*$/, '').replace(/\.$/, '')
    const path = trimmed(matchPath(request.url ?? '/')) || '/'
    const url = new URL(path, this.#options.issuer)
    const at = request.url?.indexOf('?') ?? -1
    if (at !== -1) url.search = request.url?.slice(at) ?? ''
    return {request, response, host, path, url}
  }

  async #route(at: Request): Promise<void> {
    const {request, response, path, host, url} = at
    if (request.method === 'OPTIONS') return preflighted(at)
    checkMethod(request.method ?? '', path)
    if (path === prm || path.startsWith(`${prm}/`)) return this.#resourceMetadata(at)
    const known = metadata.exec(path)
    if (known) return this.#serverMetadata(at, `/.well-known/${known[1]}`, known[2])
    switch (path) {
      case '/token':
        return this.#pass(at, tolerateToken)
      case '/register':
        return this.#register(at)
      case '/revoke':
      case '/introspect':
        return this.#aboutToken(at)
      case '/jwks':
        return this.#forward(at, {url: '/jwks'})
    }
    if (path.startsWith('/register/')) return this.#manage(at)
    if (path === '/authorize') return this.#authorize(at)
    if (host !== this.#authHost) return this.#onProxy(at)
    if (path.startsWith('/authorize/')) return this.#forward(at, {url: path})
    if (path.startsWith('/interaction/')) return this.#options.login.interaction(request, response, path)
    switch (path) {
      case '/callback':
        if (await this.#options.consoleLogins.returned(response, url)) return
        return this.#options.login.returned(request, response, url)
      case '/logout':
        return this.#options.login.logout(request, response)
      case '/logout/session/confirm':
        return this.#forward(at, {url: path})
      case '/verify':
        return this.#verify(at)
      case '/':
        return this.#home(at)
      default:
        throw notFound(path)
    }
  }

  async #onProxy({request, response, path, host, url}: Request): Promise<void> {
    const proxy = this.#options.view.guarded(host)
    if (!proxy || !path.startsWith('/.mcpx/')) throw notFound(path)
    return this.#options.browser.handle(request, response, url, proxy)
  }

  get #known(): Omit<Known, 'host'> {
    return {resources: this.#options.view.resources}
  }

  /** RFC 9728 §3: below the well-known path stands that of the resource; at the root, the resource of the host. */
  #resourceMetadata({response, path, host}: Request): void {
    const resources = this.#options.view.resourcesAt(host)
    const suffix = path.slice(prm.length)
    const exact = resources.find(({uri}) => pathOf(uri) === suffix)
    const nearest =
      suffix === '' ? resources.toSorted((one, other) => one.uri.length - other.uri.length)[0] : undefined
    const found = exact ?? nearest
    if (!found) throw notFound(path)
    const body = {
      resource: found.uri,
      authorization_servers: [this.#options.issuer],
      ...(found.scopes.length > 0 && {scopes_supported: found.scopes}),
      bearer_methods_supported: ['header'],
      ...(found.name !== undefined && {resource_name: found.name}),
    }
    sendJson(response, 200, body, {...cors, 'cache-control': 'no-cache'})
  }

  #serverMetadata(at: Request, document: string, suffix: string | undefined): Promise<void> {
    if (suffix !== undefined && at.host === this.#authHost) throw notFound(at.path)
    at.response.setHeader('access-control-allow-origin', '*')
    return this.#forward(at, {url: document})
  }

  async #authorize(at: Request): Promise<void> {
    const {request, response, url, host} = at
    if (request.method === 'POST') {
      for (const [name, value] of new URLSearchParams(await readBody(request)))
        url.searchParams.append(name, value)
    }
    tolerateAuthorization(url.searchParams, {...this.#known, host})
    const to = `/authorize?${url.searchParams}`
    // On a host that mirrors the authorization server, and after a form: the login is at the issuer.
    if (host !== this.#authHost || request.method === 'POST') {
      send(response, 303, '', {location: this.#options.issuer + to, 'cache-control': 'no-store'})
      return
    }
    return this.#forward(at, {url: to})
  }

  async #pass(at: Request, tolerate: (params: URLSearchParams, known: Known) => void): Promise<void> {
    const {request, host, path} = at
    if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? ''))
      return this.#forward(at, {url: path, body: await readBody(request)})
    const params = new URLSearchParams(await readBody(request))
    tolerate(params, {...this.#known, host})
    return this.#forward(at, {url: path, body: params.toString()})
  }

  async #register(at: Request): Promise<void> {
    const {request, response} = at
    for (const [name, value] of Object.entries(cors)) response.setHeader(name, value)
    const count = await this.#options.values.count(`register:${networkOf(request)}`, 600)
    if (count > registrations) {
      throw new Refusal(429, 'temporarily_unavailable', 'too many registrations from this address', {
        'retry-after': '600',
      })
    }
    return this.#forward(at, {url: '/register', body: tolerant(await readBody(request, registrationLimit))})
  }

  /** RFC 7592. */
  async #manage(at: Request): Promise<void> {
    const {request, response, path} = at
    for (const [name, value] of Object.entries(cors)) response.setHeader(name, value)
    const body = request.method === 'PUT' ? tolerant(await readBody(request, registrationLimit)) : undefined
    return this.#forward(at, {url: path, ...(body !== undefined && {body})})
  }

  /** /revoke and /introspect: an access token of ours is named by its id, as which the library finds it. */
  async #aboutToken(at: Request): Promise<void> {
    const params = new URLSearchParams(await readBody(at.request))
    const token = params.get('token') ?? ''
    if (token.split('.').length === 3)
      params.set('token', (await this.#options.verifyOwn(token)) ?? 'unknown')
    return this.#forward(at, {url: at.path, body: params.toString()})
  }

  /** For proxies of others that ask who it is (forward-auth): 200 with identity, else 401, 403 or a redirect. */
  async #verify({request, response, url}: Request): Promise<void> {
    const {headers} = request
    const original = URL.parse(String(headers['x-original-url'] ?? ''))
    const hostname = url.searchParams.get('host') ?? original?.hostname
    if (hostname === undefined) {
      throw new Refusal(
        400,
        'invalid_request',
        'say which proxy is meant: /verify?host=HOSTNAME or X-Original-URL',
      )
    }
    const proxy = await this.#options.proxy(hostname)
    if (!proxy) throw new Refusal(404, 'not_found', `there is no proxy ${hostname}`)
    const target = original ? original.pathname + original.search : String(headers['x-original-uri'] ?? '/')
    const asked: Record<string, string | undefined> = {
      host: original?.host ?? new URL(publicOrigin(this.#options.issuer, hostname)).host,
      authorization: request.headersDistinct['authorization']?.join(', '),
    }
    const ask: Ask = {
      proxy,
      method: String(headers['x-original-method'] ?? 'GET'),
      target,
      header: name => (name in asked ? asked[name] : [headers[name]].flat()[0]),
    }
    const pass = await this.#options.guard.check(ask).catch(error => {
      throw this.#atHost(hostname, error)
    })
    send(response, 200, '', {...pass?.headers, 'cache-control': 'no-store'})
  }

  /** The login of a proxy is at the proxy, whoever asked. */
  #atHost(hostname: string, error: unknown): unknown {
    if (!(error instanceof Problem) || error.code !== 'login-redirect') return error
    const location = publicOrigin(this.#options.issuer, hostname) + error.headers['location']
    return new Problem('login-redirect', error.message, {headers: {location, 'cache-control': 'no-store'}})
  }

  #home({request, response}: Request): void {
    if (!wantsHtml(request)) throw notFound('/')
    const html = messagePage({
      title: 'This is where logins happen',
      detail:
        'Programs send you here when they want to use a server behind this mcpx. There is nothing to do now.',
    })
    send(response, 200, html, pageHeaders())
  }

  async #forward({request, response}: Request, to: {url: string; body?: string}): Promise<void> {
    const issuer = new URL(this.#options.issuer)
    const headers = {
      host: issuer.host,
      'x-forwarded-host': issuer.host,
      'x-forwarded-proto': issuer.protocol.slice(0, -1),
    }
    await this.#options.provider().callback()(rewritten(request, {...to, headers}), response)
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent) return void response.destroy()
    if (error instanceof Problem) {
      const body = JSON.stringify(error.document(String(request.headers['x-request-id'] ?? '')))
      return send(response, error.status, body, {
        ...error.headers,
        'content-type': 'application/problem+json',
      })
    }
    const refusal =
      error instanceof Refusal ? error : new Refusal(500, 'server_error', 'something went wrong inside mcpx')
    if (refusal !== error) this.#options.failed(error)
    const {status, code, message, headers} = refusal
    if (wantsHtml(request) && !forPrograms.test(matchPath(request.url ?? '/')))
      return refusalPage(response, {status, code, detail: message, headers})
    sendJson(
      response,
      status,
      {error: code, error_description: message},
      {'cache-control': 'no-store', ...cors, ...headers},
    )
  }
}

const preflighted = ({response}: Request): void => send(response, 204, '', preflight)

const notFound = (path: string): Refusal => new Refusal(404, 'not_found', `there is nothing at ${path}`)

/** JSON that is not an object goes on as it is: the library says what is wrong with it. */
function tolerant(body: string): string {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return body
    tolerateRegistration(value as Record<string, unknown>)
    return JSON.stringify(value)
  } catch {
    return body
  }
}

/** The address of the client; of IPv6 the network, which one party holds as a whole. */
function networkOf({headers, socket}: IncomingMessage): string {
  const address = String(headers['x-mcpx-peer'] ?? socket.remoteAddress ?? '')
  return address.includes(':') ? address.split(':').slice(0, 4).join(':') : address
}
