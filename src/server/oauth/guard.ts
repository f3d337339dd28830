// Who may use a protected proxy: decided from memory for every request, without Redis.
import {importJWK, type JWTPayload, jwtVerify} from 'jose'
import type {ProxyAuth} from '../../core/contract/protection.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import {Problem, type ProblemCode} from '../../core/problem.ts'
import type {Grant} from '../../core/routing/grant.ts'
import {isBelow, matchPath} from '../../core/routing/path.ts'
import type {Protection} from '../../core/routing/protection.ts'
import {
  metadataUrl,
  type Protected,
  publicOrigin,
  resourceAt,
  resourcesOf,
  scopeCovers,
} from '../../core/routing/resources.ts'
import {secretHash} from '../../core/store/seal.ts'
import {Assertions} from './assertion.ts'
import {sessionCookie} from './cookies.ts'
import {assertedOf, identityOf} from './identity.ts'
import {Passes} from './passes.ts'
import {type Presented, presentedBy} from './presented.ts'

/** A request, as far as deciding about it goes. */
export interface Ask {
  proxy: ProxyTarget
  method: string
  /** Request target as sent. */
  target: string
  /** Fields of a name that came more than once are joined with commas (RFC 9110 §5.3). */
  header: (name: string) => string | undefined
}

export interface Claims extends JWTPayload {
  client_id?: string
  scope?: string
  username?: string
  email?: string
  email_verified?: boolean
  name?: string
  groups?: string[]
}

/** Tokens a worker remembers having verified. */
const remembered = 10_000

/** What browsers of other origins may read (Fetch §3.2.3); clients look for these. */
export const exposedHeaders = 'WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version'

export class Guard {
  readonly #issuer: string
  readonly #protection: Protection
  readonly #verified = new Map<string, Claims>()
  readonly #keys = new Map<string, Promise<CryptoKey | Uint8Array>>()
  readonly #assertions: Assertions
  readonly #passes: Passes

  constructor({issuer, protection}: {issuer: string; protection: Protection}) {
    this.#issuer = issuer
    this.#protection = protection
    this.#assertions = new Assertions({issuer, protection})
    this.#passes = new Passes(protection)
  }

  /**
   * Undefined where no login is needed. Throws login-required, login-malformed, access-token-invalid,
   * scope-insufficient, access-denied, and login-redirect for a browser that is to log in first.
   */
  async check(ask: Ask): Promise<Grant | undefined> {
    const {auth} = ask.proxy
    if (!auth?.enabled) return undefined
    return this.#passes.find(ask) ?? this.#decide(ask, auth)
  }

  async #decide(ask: Ask, auth: ProxyAuth): Promise<Grant> {
    const path = matchPath(ask.target)
    const place = this.#placeOf(ask.proxy, path)
    const presented = presentedBy(ask, auth, this.#issuer)
    const nobody = {...this.#nobody(ask, auth, place), keepsAuthorization: presented.foreign}
    if (auth.excluded_paths.some(one => isBelow(path, one))) return nobody
    const key = presented.key === undefined ? undefined : this.#key(ask.proxy.hostname, presented.key)
    if (key !== undefined) {
      const known = {...nobody, ...keyPass(auth, key), keepsAuthorization: false}
      return this.#signed(known, {sub: `key:${key}`}, auth, place)
    }
    try {
      if (presented.malformed !== undefined) throw this.#malformed(place, presented.malformed)
      if (presented.token === undefined) {
        if (presented.key !== undefined) throw this.#invalid(place, 'the key is not known here, or has ended')
        throw this.#missing(ask, auth, place)
      }
      const claims = await this.#claimsOf(presented.token, ask.proxy, place).catch(error => {
        // A login that has ended is none: the browser may log in again.
        throw presented.cookie && error instanceof Problem ? this.#missing(ask, auth, place) : error
      })
      checkAllowed(claims, auth, presented)
      this.#checkScopes(claims, auth, place)
      const known = {...nobody, ...identityOf(claims, auth), keepsAuthorization: false}
      const pass = await this.#signed(known, assertedOf(claims), auth, place)
      this.#passes.remember(ask, {jti: claims.jti ?? '', exp: claims.exp ?? 0}, pass)
      return pass
    } catch (error) {
      if (auth.mode === 'passthrough' && error instanceof Problem) {
        return nobody
      }
      throw error
    }
  }

  /** With the identity as a signed header beside the plain ones. */
  async #signed(
    pass: Grant,
    identity: Parameters<Assertions['of']>[0],
    {pass_headers, header_prefix}: ProxyAuth,
    {origin}: Place,
  ): Promise<Grant> {
    const assertion = pass_headers ? await this.#assertions.of(identity, origin) : undefined
    if (assertion === undefined) return pass
    return {...pass, headers: {...pass.headers, [`${header_prefix}Assertion`]: assertion}}
  }

  #placeOf(proxy: ProxyTarget, path: string): Place {
    const registered = this.#protection.resources(proxy.hostname)
    const origin = publicOrigin(this.#issuer, proxy.hostname)
    const resources = resourcesOf(proxy, registered, origin)
    const resource = resourceAt(resources, path) ?? {uri: origin, scopes: [], proxy_target: proxy.hostname}
    const required = proxy.auth?.required_scopes ?? []
    return {
      origin,
      resource,
      scopes: required.length > 0 ? required : resource.scopes,
      shared: registered.length > 0,
    }
  }

  #nobody(ask: Ask, auth: ProxyAuth, {shared}: Place): Omit<Grant, 'keepsAuthorization'> {
    return {
      principal: '',
      headers: {},
      drops: ask.header('x-api-key')?.startsWith('mpk_') ? ['x-api-key'] : [],
      reserved: auth.header_prefix.toLowerCase(),
      cookie: sessionCookie(auth, this.#issuer),
      shared,
    }
  }

  #key(hostname: string, secret: string): string | undefined {
    const found = this.#protection.key(secretHash(secret))
    if (!found || found.hostname !== hostname) return undefined
    if (found.expires_at !== undefined && Date.parse(found.expires_at) <= Date.now()) return undefined
    return found.name
  }

  async #claimsOf(token: string, proxy: ProxyTarget, place: Place): Promise<Claims> {
    const claims = await this.#verify(token, place)
    this.#checkAudience(claims, proxy, place)
    return claims
  }

  async #verify(token: string, place: Place): Promise<Claims> {
    let claims = this.#verified.get(token)
    if (!claims) {
      claims = await this.#verifySignature(token, place)
      if (this.#verified.size >= remembered) this.#forget()
      this.#verified.set(token, claims)
    }
    if ((claims.exp ?? 0) * 1000 <= Date.now()) {
      this.#verified.delete(token)
      throw this.#invalid(place, 'the access token has expired')
    }
    if (claims.jti === undefined || this.#protection.isRevoked(claims.jti))
      throw this.#invalid(place, 'the access token was revoked')
    return claims
  }

  async #verifySignature(token: string, place: Place): Promise<Claims> {
    try {
      const {payload} = await jwtVerify<Claims>(token, ({kid = '', alg}) => this.#publicKey(kid, alg), {
        issuer: this.#issuer,
        typ: 'at+jwt',
        algorithms: ['RS256', 'ES256'],
        requiredClaims: ['exp', 'jti', 'aud', 'sub'],
      })
      return payload
    } catch (cause) {
      throw this.#invalid(place, reasonOf(cause), cause)
    }
  }

  #publicKey(kid: string, alg: string): Promise<CryptoKey | Uint8Array> {
    for (const key of this.#protection.signingKeys.values()) {
      if (key.kid !== kid || key.alg !== alg) continue
      const known = this.#keys.get(kid) ?? importJWK(key.public_jwk, alg)
      this.#keys.set(kid, known)
      return known
    }
    throw new Error('it was signed by a key that is not ours')
  }

  /** The older half, which a Map has first. */
  #forget(): void {
    let rest = remembered / 2
    for (const token of this.#verified.keys()) {
      if (rest-- <= 0) return
      this.#verified.delete(token)
    }
  }

  #checkAudience(claims: Claims, {hostname}: ProxyTarget, place: Place): void {
    const audience = [claims.aud ?? []].flat()
    // A browser login is for the host, whichever of its resources a page calls.
    const own = claims.client_id === `proxy:${hostname}`
    const holds = own
      ? audience.some(one => URL.parse(one)?.origin === place.origin)
      : audience.includes(place.resource.uri)
    if (!holds)
      throw this.#invalid(
        place,
        `the access token is for ${audience.join(', ')}, not for ${place.resource.uri}`,
      )
  }

  #checkScopes(claims: Claims, auth: ProxyAuth, place: Place): void {
    const granted = (claims.scope ?? '').split(' ')
    const missing = auth.required_scopes.filter(one => !scopeCovers(granted, one))
    if (missing.length === 0) return
    const detail = `the access token lacks ${missing.join(', ')}`
    throw this.#refusal('scope-insufficient', detail, place, {
      error: 'insufficient_scope',
      scope: auth.required_scopes.join(' '),
      error_description: detail,
    })
  }

  #missing(ask: Ask, auth: ProxyAuth, place: Place): Problem {
    if (auth.mode === 'redirect' && isNavigation(ask)) {
      const back = encodeURIComponent(ask.target)
      return new Problem('login-redirect', 'The browser is sent to the login page', {
        headers: {location: `/.mcpx/login?return=${back}`},
      })
    }
    return this.#refusal('login-required', `${ask.proxy.hostname} needs a login`, place, {})
  }

  #malformed(place: Place, detail: string): Problem {
    const fields = {error: 'invalid_request', error_description: detail}
    return this.#refusal('login-malformed', detail, place, fields)
  }

  #invalid(place: Place, detail: string, cause?: unknown): Problem {
    const fields = {error: 'invalid_token', error_description: detail}
    return this.#refusal('access-token-invalid', detail, place, fields, cause)
  }

  /** RFC 6750 §3 and RFC 9728 §5.1. */
  #refusal(
    code: ProblemCode,
    detail: string,
    {resource, scopes, shared}: Place,
    fields: {error?: string; error_description?: string; scope?: string},
    cause?: unknown,
  ): Problem {
    const {scope = scopes.join(' '), error, error_description} = fields
    const parameters = {
      ...(error !== undefined && {error}),
      ...(error_description !== undefined && {error_description}),
      ...(scope !== '' && {scope}),
      resource_metadata: metadataUrl(resource.uri),
    }
    const list = Object.entries(parameters).map(([name, value]) => `${name}="${quoted(value)}"`)
    return new Problem(code, detail, {
      cause,
      headers: {
        'www-authenticate': `Bearer ${list.join(', ')}`,
        ...(shared && {
          'access-control-allow-origin': '*',
          'access-control-expose-headers': exposedHeaders,
        }),
      },
    })
  }
}

interface Place {
  origin: string
  resource: Protected
  /** What a client is to ask for. */
  scopes: readonly string[]
  shared: boolean
}

/** A person opening a page, not a program: what a login page is for. */
function isNavigation({method, header}: Ask): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const programs = ['mcp-protocol-version', 'mcp-session-id', 'x-requested-with', 'upgrade']
  if (programs.some(name => header(name) !== undefined)) return false
  const mode = header('sec-fetch-mode')
  if (mode !== undefined) return mode === 'navigate'
  const accept = header('accept') ?? ''
  return accept.includes('text/html') && !accept.includes('text/event-stream')
}

/** Lists are alternatives of a kind, kinds add up; compared as a whole, without case. */
function checkAllowed(claims: Claims, auth: ProxyAuth, {cookie}: Presented): void {
  const listed = (list: readonly string[], values: readonly (string | undefined)[]): boolean =>
    list.length === 0 ||
    list.some(one => values.some(value => value !== undefined && value.toLowerCase() === one.toLowerCase()))
  const email = claims.email_verified === true ? claims.email : undefined
  if (
    listed(auth.required_users, named(claims, [claims.username])) &&
    listed(auth.required_emails, [email]) &&
    listed(auth.required_groups, named(claims, claims.groups ?? []))
  )
    return
  throw new Problem('access-denied', `${claims.username ?? claims.sub} is not on the allow list here`, {
    ...(cookie && {hint: 'to use another account, open `/.mcpx/logout` on this host and come back'}),
  })
}

/** Names as they are, and with the login that knows them (`github:alice`), which no name can claim by itself. */
function named({sub = ''}: Claims, names: readonly (string | undefined)[]): (string | undefined)[] {
  const [login] = sub.split(':', 1)
  return names.flatMap(one =>
    one === undefined ? [] : [...(/^(github|oidc|token):/i.test(one) ? [] : [one]), `${login}:${one}`],
  )
}

const keyPass = (auth: ProxyAuth, name: string): Pick<Grant, 'principal' | 'user' | 'headers'> => ({
  principal: `key:${name}`,
  user: `key:${name}`,
  headers: auth.pass_headers ? {[`${auth.header_prefix}User`]: `key:${name}`} : {},
})

const quoted = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')

const reasonOf = (error: unknown): string => {
  const {code, message} = error as Error & {code?: string}
  if (code === 'ERR_JWT_EXPIRED') return 'the access token has expired'
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') return 'the signature of the access token is wrong'
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return `the access token was not issued here: ${message}`
  if (code === undefined) return `the access token does not hold: ${message}`
  return 'the access token is malformed'
}
