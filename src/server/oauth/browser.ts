// Browser logins at a proxy (mode redirect): mcpx is its own client, and the access token becomes a cookie of the host.
import {createHash, randomBytes} from 'node:crypto'
import type {IncomingMessage, ServerResponse} from 'node:http'
import type {AdapterPayload, default as Provider} from 'oidc-provider'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import {type Protected, publicOrigin} from '../../core/routing/resources.ts'
import type {ExpiringValues} from '../../core/store/expiring.ts'
import {departureCookie, sessionCookie, setCookie} from './cookies.ts'
import {cookieOf, Refusal, redirect} from './http.ts'
import {browserLifetime} from './provider.ts'

export const browserClient = (hostname: string): string => `proxy:${hostname}`

/** Metadata of the client that a proxy is at its own authorization server. */
export function browserClientMetadata(proxy: ProxyTarget, issuer: string): AdapterPayload | undefined {
  if (!proxy.auth?.enabled || proxy.auth.mode === 'forward') return undefined
  return {
    client_id: browserClient(proxy.hostname),
    client_name: proxy.description ?? proxy.hostname,
    redirect_uris: [`${publicOrigin(issuer, proxy.hostname)}/.mcpx/callback`],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    // A native one may return over HTTP to loopback addresses only, not to `*.localhost`.
    application_type: 'web',
  }
}

export interface BrowserOptions {
  issuer: string
  provider: () => Provider
  values: ExpiringValues
  resourcesAt: (hostname: string) => Protected[]
  /** How tokens for a resource are made. */
  resourceServer: (uri: string) => {scope: string}
  /** End an access token. */
  revoke: (token: string) => Promise<void>
}

interface Left {
  verifier: string
  back: string
  hostname: string
}

/** Seconds a login may take. */
const lifetime = 3600

export class BrowserLogins {
  readonly #options: BrowserOptions

  constructor(options: BrowserOptions) {
    this.#options = options
  }

  /** `/.mcpx/login`, `/.mcpx/callback`, `/.mcpx/logout` on a protected host. */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    proxy: ProxyTarget,
  ): Promise<void> {
    if (!browserClientMetadata(proxy, this.#options.issuer))
      throw new Refusal(404, 'not_found', `${proxy.hostname} has no browser login`)
    switch (url.pathname) {
      case '/.mcpx/login':
        return this.#begin(response, url, proxy)
      case '/.mcpx/callback':
        return this.#finish(request, response, url, proxy)
      case '/.mcpx/logout':
        return this.#logout(request, response, proxy)
      default:
        throw new Refusal(404, 'not_found', `there is nothing at ${url.pathname}`)
    }
  }

  async #begin(response: ServerResponse, url: URL, {hostname}: ProxyTarget): Promise<void> {
    const {issuer, values, resourcesAt} = this.#options
    const origin = publicOrigin(issuer, hostname)
    const state = random()
    const verifier = random()
    const back = ownPath(url.searchParams.get('return') ?? '/', origin)
    await values.put('BrowserLogin', state, {verifier, back, hostname} satisfies Left, lifetime)
    const to = new URL(`${issuer}/authorize`)
    const [resource] = resourcesAt(hostname).toSorted((one, other) => one.uri.length - other.uri.length)
    to.search = new URLSearchParams({
      client_id: browserClient(hostname),
      redirect_uri: `${origin}/.mcpx/callback`,
      response_type: 'code',
      state,
      code_challenge: challengeOf(verifier),
      code_challenge_method: 'S256',
      resource: resource?.uri ?? origin,
    }).toString()
    redirect(response, to.href, {
      'set-cookie': setCookie(departureCookie(issuer), state, issuer, lifetime),
    })
  }

  async #finish(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    {hostname, auth}: ProxyTarget,
  ): Promise<void> {
    const {issuer, values} = this.#options
    const state = url.searchParams.get('state') ?? ''
    const left = await values.get<Left>('BrowserLogin', state)
    const bound = cookieOf(request, departureCookie(issuer)) === state
    if (
      !left ||
      left.value.hostname !== hostname ||
      !bound ||
      (await values.consume('BrowserLogin', state)) !== 'first'
    )
      throw new Refusal(400, 'site_login', 'this login was finished before, or belongs to another browser')
    if (url.searchParams.get('iss') !== issuer)
      throw new Refusal(400, 'invalid_request', 'the answer comes from another authorization server')
    const error = url.searchParams.get('error')
    if (error !== null) throw new Refusal(403, error, url.searchParams.get('error_description') ?? error)
    const token = await this.#exchange(url.searchParams.get('code') ?? '', left.value)
    const cookie = auth ? sessionCookie(auth, issuer) : ''
    redirect(response, left.value.back, {
      'set-cookie': [
        setCookie(cookie, token, issuer, browserLifetime),
        setCookie(departureCookie(issuer), '', issuer, undefined),
      ],
    })
  }

  /** What /token does, without a request: the code once, its PKCE verifier, then the access token. */
  async #exchange(value: string, {verifier, hostname}: Left): Promise<string> {
    const provider = this.#options.provider()
    const code = await provider.AuthorizationCode.find(value)
    const client = await provider.Client.find(browserClient(hostname))
    if (!code || !client || code.clientId !== client.clientId || code.codeChallenge !== challengeOf(verifier))
      throw new Refusal(400, 'invalid_grant', 'the code does not hold')
    await code.consume()
    const grant = await provider.Grant.find(code.grantId as string)
    const uri = [code.resource].flat()[0]
    if (!grant || code.accountId !== grant.accountId || typeof uri !== 'string')
      throw new Refusal(400, 'invalid_grant', 'what the code stood for has ended')
    const info = this.#options.resourceServer(uri)
    const token = new provider.AccessToken({
      accountId: code.accountId,
      client,
      grantId: code.grantId,
      gty: 'authorization_code',
      expiresIn: browserLifetime,
    } as never)
    token.resourceServer = new provider.ResourceServer(uri, info) as never
    token.scope = grant.getResourceScopeFiltered(uri, info.scope.split(' '))
    return token.save()
  }

  async #logout(request: IncomingMessage, response: ServerResponse, {auth}: ProxyTarget): Promise<void> {
    const {issuer} = this.#options
    const cookie = auth ? sessionCookie(auth, issuer) : ''
    const token = cookieOf(request, cookie)
    if (token !== undefined) await this.#options.revoke(token)
    redirect(response, `${issuer}/logout`, {'set-cookie': setCookie(cookie, '', issuer, undefined)})
  }
}

/** A path of the host itself: a login must not lead anywhere else (open redirect). */
function ownPath(text: string, origin: string): string {
  const url = URL.parse(text, origin)
  if (!text.startsWith('/') || url?.origin !== origin || url.pathname.startsWith('//')) return '/'
  return url.pathname + url.search
}

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')
const random = (): string => randomBytes(32).toString('base64url')
