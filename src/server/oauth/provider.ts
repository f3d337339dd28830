// The authorization server itself: oidc-provider, set up for MCP clients.
import type {IncomingMessage} from 'node:http'
import Provider, {
  type AdapterPayload,
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import type {Config} from '../../core/config.ts'
import {type Protected, resourceMeant} from '../../core/routing/resources.ts'
import type {StoredSigningKey} from '../../core/store/records.ts'
import type {Accounts} from './accounts.ts'
import {documentFetch, type Fetch, mayFetch} from './documents.ts'
import {acceptIdJag} from './id-jag.ts'
import type {IssuerKeys} from './issuer-keys.ts'
import type {Storage} from './storage.ts'
import {explainResources, identityScopes} from './tolerance.ts'

export interface ProviderOptions {
  issuer: string
  config: Pick<
    Config,
    | 'OAUTH_ACCESS_TOKEN_LIFETIME'
    | 'OAUTH_REFRESH_TOKEN_LIFETIME'
    | 'OAUTH_CLIENT_CREDENTIALS'
    | 'OAUTH_ENTERPRISE_AUTHORIZATION'
    | 'OIDC_ISSUER'
    | 'OIDC_GROUPS_CLAIM'
  >
  storage: Storage
  accounts: Accounts
  /** Keys of OIDC_ISSUER, which may vouch for people. */
  issuerKeys: IssuerKeys | undefined
  /** The first signs. */
  keys: StoredSigningKey[]
  cookieKey: string
  resources: () => readonly Protected[]
  /** Every scope of these, for the metadata, where some clients look. */
  scopes: string[]
  fetch: Fetch
  renderError: (
    ctx: KoaContextWithOIDC,
    out: {error: string; error_description?: string},
    error: Error,
  ) => Promise<void>
  /** Told of every refusal. */
  refused: (endpoint: string, error: Error, request: IncomingMessage) => void
}

/** Seconds a browser login at a proxy lasts (mode redirect). */
export const browserLifetime = 12 * 3600

const codeLifetime = 60
const interactionLifetime = 3600

export function createProvider(options: ProviderOptions): Provider {
  const provider = new Provider(options.issuer, configuration(options))
  provider.proxy = true
  const {config, storage, accounts, issuer, issuerKeys, keys, resources} = options
  const [current] = keys
  if (config.OAUTH_ENTERPRISE_AUTHORIZATION === 'on' && issuerKeys && current) {
    const known = (uri: string): ReturnType<typeof resourceServer> =>
      resourceServer(resources(), uri, current)
    acceptIdJag(provider, {issuer, config, storage, accounts, issuerKeys, resourceServer: known})
  }
  const {refused} = options
  provider.on('authorization.error', (ctx, error) => refused('authorize', error, ctx.req))
  provider.on('grant.error', (ctx, error) => refused('token', error, ctx.req))
  provider.on('registration_create.error', (ctx, error) => refused('register', error, ctx.req))
  provider.on('introspection.error', (ctx, error) => refused('introspect', error, ctx.req))
  provider.on('revocation.error', (ctx, error) => refused('revoke', error, ctx.req))
  provider.on('server_error', (ctx, error) => refused('server', error, ctx.req))
  return provider
}

function configuration(options: ProviderOptions): Configuration {
  const {storage, accounts, keys, config, issuer, cookieKey} = options
  const secure = issuer.startsWith('https:')
  const [current] = keys
  if (!current) throw new Error('there is no signing key')
  const login = config.OAUTH_REFRESH_TOKEN_LIFETIME
  return {
    adapter: model => storage.adapter(model),
    jwks: {keys: keys.map(({private_jwk}) => private_jwk as {kty: string})},
    responseTypes: ['code'],
    scopes: [...identityScopes, ...options.scopes],
    claims: {openid: ['sub'], profile: ['name', 'username'], email: ['email', 'email_verified']},
    pkce: {required: () => true},
    routes: {
      authorization: '/authorize',
      token: '/token',
      registration: '/register',
      revocation: '/revoke',
      introspection: '/introspect',
      jwks: '/jwks',
      end_session: '/logout/session',
    },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    clientDefaults: {
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: current.alg,
    },
    enabledJWA: {idTokenSigningAlgValues: ['RS256', 'ES256']},
    extraClientMetadata: {properties: ['redirect_uris'], validator: checkRedirects},
    clientBasedCORS: () => true,
    cookies: {
      keys: [cookieKey],
      names: {
        session: secure ? '__Host-mcpx-login' : 'mcpx-login',
        interaction: secure ? '__Host-mcpx-interaction' : 'mcpx-interaction',
        // Its path is fixed to where the authorization goes on, which `__Host-` does not allow.
        resume: secure ? '__Secure-mcpx-resume' : 'mcpx-resume',
      },
      long: {httpOnly: true, sameSite: 'lax', secure, path: '/', signed: true},
      short: {httpOnly: true, sameSite: 'lax', secure, path: '/', signed: true},
    },
    ttl: {
      AccessToken: (_ctx, _token, client) =>
        client?.clientId.startsWith('proxy:') ? browserLifetime : config.OAUTH_ACCESS_TOKEN_LIFETIME,
      ClientCredentials: config.OAUTH_ACCESS_TOKEN_LIFETIME,
      AuthorizationCode: codeLifetime,
      Interaction: interactionLifetime,
      RefreshToken: login,
      Grant: login,
      Session: login,
      IdToken: 3600,
    },
    expiresWithSession: async () => false,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // What was revoked is asked for again: a grant that stays would bring new tokens without a word.
    revokeGrantPolicy: async () => true,
    loadExistingGrant: ctx => existingGrant(ctx, storage),
    findAccount: async (_ctx, sub) => {
      const account = await accounts.find(sub)
      if (!account) return undefined
      const {username, name, email, email_verified} = account
      return {accountId: sub, claims: async () => ({sub, username, name, email, email_verified})}
    },
    interactions: {policy: policy(), url: (_ctx, {uid}) => `/interaction/${uid}`},
    renderError: options.renderError,
    fetch: documentFetch(options.fetch) as NonNullable<Configuration['fetch']>,
    formats: {
      customizers: {jwt: (_ctx, token, jwt) => completeToken(token, jwt, options)},
    },
    features: features(options, current),
  } as Configuration
}

function features(options: ProviderOptions, current: StoredSigningKey): Configuration['features'] {
  return {
    devInteractions: {enabled: false},
    userinfo: {enabled: false},
    rpInitiatedLogout: {enabled: false},
    clientCredentials: {enabled: options.config.OAUTH_CLIENT_CREDENTIALS === 'on'},
    registration: {enabled: true},
    registrationManagement: {enabled: true, rotateRegistrationAccessToken: false},
    revocation: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) => client.clientId === token.clientId,
    },
    introspection: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) => client.clientId === token.clientId,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (_ctx, _client, oneOf) => {
        if (oneOf) return oneOf
        throw new errors.InvalidTarget(explainResources(options.resources()))
      },
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_ctx, uri) => resourceServer(options.resources(), uri, current),
    },
    clientIdMetadataDocument: {
      enabled: true,
      ack: 'draft-02',
      allowFetch: async (_ctx: unknown, clientId: string) => mayFetch(clientId),
    },
  }
}

/** Beside what the library refuses (`javascript:` and the like): what hides its host, or leads through another scheme. */
function checkRedirects(_ctx: unknown, _key: string, value: unknown): void {
  for (const one of Array.isArray(value) ? value : []) {
    const url = URL.parse(String(one))
    if (url === null) continue
    if (url.username || url.password)
      throw new errors.InvalidClientMetadata('redirect_uris must not contain a user name or password')
    if (misleading.has(url.protocol))
      throw new errors.InvalidClientMetadata(
        `redirect_uris must not use the ${url.protocol.slice(0, -1)} URI scheme`,
      )
  }
}

const misleading = new Set(
  'ftp ws wss mailto tel sms intent view-source filesystem jar resource chrome content'
    .split(' ')
    .map(scheme => `${scheme}:`),
)

/** How tokens for a resource are made. Throws invalid_target. */
export function resourceServer(
  resources: readonly Protected[],
  uri: string,
  {alg, kid}: Pick<StoredSigningKey, 'alg' | 'kid'>,
): {scope: string; audience: string; accessTokenFormat: 'jwt'; jwt: object} {
  const found = resourceMeant(resources, uri)
  if (!found) throw new errors.InvalidTarget(explainResources(resources, uri))
  return {
    scope: found.scopes.join(' '),
    audience: found.uri,
    accessTokenFormat: 'jwt',
    jwt: {sign: {alg, kid}},
  }
}

/** Consent is remembered by person and client, whatever browser it was given in. */
async function existingGrant(ctx: KoaContextWithOIDC, storage: Storage): Promise<never> {
  const {result, session, client, provider} = ctx.oidc
  const given = result?.consent?.grantId
  const id =
    given ??
    (session?.accountId && client ? await storage.grantOf(session.accountId, client.clientId) : undefined)
  return (id === undefined ? undefined : await provider.Grant.find(id)) as never
}

/** Without the library's own rule that native clients are asked every time: consent is remembered here. */
function policy(): ReturnType<typeof interactionPolicy.base> {
  const base = interactionPolicy.base()
  base.get('consent')?.checks.remove('native_client_prompt')
  return base
}

interface IssuedToken {
  accountId?: string | undefined
  grantId?: string | undefined
  clientId?: string | undefined
}

/** Add who it is, and record the token, which the library does not (RFC 9068 §2.2). */
async function completeToken(
  token: IssuedToken,
  jwt: {payload: AdapterPayload & Record<string, unknown>},
  {accounts, storage}: ProviderOptions,
): Promise<void> {
  const {payload} = jwt
  const account = token.accountId === undefined ? undefined : await accounts.find(token.accountId)
  if (account) {
    const {username, name, email, email_verified, groups} = account
    Object.assign(payload, {
      username,
      ...(name !== undefined && {name}),
      ...(email !== undefined && {email, email_verified}),
      ...(groups.length > 0 && {groups: groups.slice(0, 100)}),
    })
  }
  if (token.grantId !== undefined) payload['sid'] = token.grantId
  await storage.recordToken({
    jti: payload.jti as string,
    grant: token.grantId ?? '',
    client_id: token.clientId ?? '',
    subject: token.accountId ?? token.clientId ?? '',
    user: account?.username ?? '',
    resource: String(payload['aud']),
    scope: String(payload['scope'] ?? ''),
    iat: payload['iat'] as number,
    exp: payload['exp'] as number,
  })
}
