// The authorization server as the control process mounts it: every path of OAuth, on the auth host and on protected hosts.
import {createHmac, randomBytes} from 'node:crypto'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {createLocalJWKSet, jwtVerify} from 'jose'
import type Provider from 'oidc-provider'
import type {Config} from '../../core/config.ts'
import {needsSecret, type OAuthSetup} from '../../core/contract/oauth.ts'
import {ConsoleSessions} from '../../core/store/console-sessions.ts'
import {ExpiringValues} from '../../core/store/expiring.ts'
import {Feed} from '../../core/store/feed.ts'
import {type Records, tokenClaim} from '../../core/store/records.ts'
import {secretHash} from '../../core/store/seal.ts'
import type {Store} from '../../core/store/store.ts'
import {Accounts} from './accounts.ts'
import {BrowserLogins, browserClientMetadata} from './browser.ts'
import {ConsoleLogins} from './console-login.ts'
import type {Fetch} from './documents.ts'
import {Guard} from './guard.ts'
import {jwtBearer} from './id-jag.ts'
import {IssuerKeys} from './issuer-keys.ts'
import {SigningKeys, usableKeys} from './keys.ts'
import {Login, refusalPage} from './login.ts'
import {browserLifetime, createProvider, resourceServer} from './provider.ts'
import {publicFetch} from './public-fetch.ts'
import {Requests} from './requests.ts'
import {checkSetup} from './setup.ts'
import {type ClientRecord, Storage} from './storage.ts'
import {openUpstreams} from './upstreams.ts'
import {View} from './view.ts'

export interface OAuthOptions {
  config: Config
  store: Store
  records: Records
  /** Fixed at first start; see issuer.ts. */
  issuer: string
  log: {
    info(fields: object, text: string): void
    warn(fields: object, text: string): void
    error(fields: object, text: string): void
  }
  /** Fetches client metadata documents; tests have them on loopback, which is refused otherwise. */
  fetch?: Fetch
}

export interface OAuth {
  issuer: string
  storage: Storage
  keys: SigningKeys
  view: View
  accounts: Accounts
  /** Ways to log in that are configured. */
  logins: string[]
  /** Look at it from outside, step by step. */
  setup(): Promise<OAuthSetup>
  /** Signing in to the web UI by them. */
  consoleLogins: ConsoleLogins
  /** Metadata of a client, from registration or its document. */
  client(id: string): Promise<Record<string, unknown> | undefined>
  /** Make a client that an operator registers; throws an Error that says which field is wrong. */
  register(metadata: Record<string, unknown>): Promise<{client_id: string; client_secret?: string}>
  /** Check a client that has its id and secret already, as `register`; what it answers keeps it. */
  prepareClient(metadata: Record<string, unknown> & {client_id: string}): () => Promise<void>
  handler(request: IncomingMessage, response: ServerResponse): Promise<void>
  stop(): Promise<void>
}

/** Load what it needs, make first-start keys, and follow the feed. */
export async function startOAuth(options: OAuthOptions): Promise<OAuth> {
  const {config, store, records, issuer, log} = options
  const values = new ExpiringValues(store)
  const view = new View(records, issuer)
  const storage = new Storage({
    values,
    revocations: records.revocations,
    config,
    proxy: async hostname => view.guarded(hostname),
    proxyClient: proxy => browserClientMetadata(proxy, issuer),
  })
  const overlap = Math.max(config.OAUTH_ACCESS_TOKEN_LIFETIME, browserLifetime)
  const keys = new SigningKeys({records, store, config, overlap})
  await keys.ensure()
  const secret = await store.firstStart('oauth-cookies', () => randomBytes(32).toString('base64url'))
  const accounts = new Accounts(values, config, config.OAUTH_REFRESH_TOKEN_LIFETIME)
  const refused = (endpoint: string, error: Error): void => {
    const {error: code = error.message, error_description, error_detail} = error as OAuthError
    log[endpoint === 'server' ? 'error' : 'info'](
      {
        endpoint,
        code,
        description: error_description,
        detail: error_detail,
        ...(endpoint === 'server' && {err: error}),
      },
      'refused by the authorization server',
    )
    values.tally('refused', `${endpoint} ${code}`).catch(() => {})
  }

  const issuerKeys = config.OIDC_ISSUER === undefined ? undefined : new IssuerKeys(config.OIDC_ISSUER)
  let provider: Provider
  const usable = (): ReturnType<typeof usableKeys> => usableKeys(view.protection.signingKeys.values())
  const build = (): void => {
    provider = createProvider({
      issuer,
      config,
      storage,
      accounts,
      issuerKeys,
      keys: usable(),
      cookieKey: createHmac('sha256', secret).update('cookies').digest('base64url'),
      resources: () => view.resources,
      scopes: view.scopes,
      fetch: options.fetch ?? publicFetch,
      renderError: async (ctx, {error, error_description}, cause) => {
        const page =
          /^\/(authorize|interaction)/.test(ctx.path) && (ctx.get('accept') ?? '').includes('text/html')
        const detail = error_description ?? (cause as OAuthError).error_detail ?? error
        ctx.type = 'json'
        if (!page) {
          ctx.body = {error, error_description: detail, iss: issuer}
          return
        }
        ctx.respond = false
        const reason = (cause as OAuthError).error_detail ?? detail
        refusalPage(ctx.res, {status: ctx.status, code: error, detail: reason})
      },
      refused,
    })
  }
  view.onChange = nouns => {
    if (['proxy', 'resource', 'signing_key'].some(noun => nouns.has(noun))) build()
  }
  const feed = new Feed(store, view, error => log.warn({err: error}, 'the change feed is interrupted'))
  await feed.start()

  const verifyOwn = async (token: string): Promise<string | undefined> => {
    const jwks = createLocalJWKSet({keys: usable().map(({public_jwk}) => public_jwk) as never})
    const {payload} = await jwtVerify(token, jwks, {issuer, typ: 'at+jwt'}).catch(() => ({
      payload: undefined,
    }))
    return payload?.jti
  }
  const upstreams = openUpstreams(config)
  const local = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(issuer)
  const logins = [...Object.keys(upstreams), ...(local ? ['token'] : [])]
  const failed = (step: string, error: Error): void =>
    log.warn({step, reason: error.message}, 'a login failed')
  const login = new Login({
    issuer,
    provider: () => provider,
    storage,
    accounts,
    values,
    config,
    upstreams,
    oidcName: config.OIDC_NAME,
    resources: () => view.resources,
    adminToken: local ? token => adminOf(token, {store, records}) : undefined,
    secret,
    failed,
  })
  const browser = new BrowserLogins({
    issuer,
    provider: () => provider,
    values,
    resourcesAt: hostname => view.resourcesAt(hostname),
    resourceServer: uri => resourceServer(view.resources, uri, usable()[0] as never),
    async revoke(token) {
      const jti = await verifyOwn(token)
      if (jti !== undefined) await storage.revokeToken(jti)
    },
  })
  const consoleLogins = new ConsoleLogins({
    issuer,
    config,
    upstreams,
    values,
    sessions: new ConsoleSessions(store),
    records,
    failed,
  })
  const requests = new Requests({
    issuer,
    provider: () => provider,
    view,
    values,
    login,
    browser,
    consoleLogins,
    guard: new Guard({issuer, protection: view.protection}),
    proxy: hostname => records.proxy.get(hostname),
    verifyOwn,
    failed: error => log.error({err: error}, 'the authorization server made a mistake'),
  })
  return {
    issuer,
    storage,
    keys,
    view,
    accounts,
    logins,
    setup: async () => checkSetup({issuer, config, upstreams, logins, keys: await keys.list()}),
    consoleLogins,
    client: async id => (await provider.Client.find(id).catch(() => undefined))?.metadata(),
    register: metadata => register(provider, storage, metadata),
    prepareClient: metadata => prepareClient(provider, storage, metadata),
    handler: (request, response) => requests.handle(request, response),
    stop: () => feed.stop(),
  }
}

interface OAuthError extends Error {
  error?: string
  error_description?: string
  error_detail?: string
}

/** Name of the admin token that `token` is. */
async function adminOf(
  token: string,
  {store, records}: Pick<OAuthOptions, 'store' | 'records'>,
): Promise<string | undefined> {
  const hash = secretHash(token)
  const id = await store.claimant(tokenClaim(hash))
  const record = id === undefined ? undefined : await records.token.get(id.slice('token/'.length))
  return record?.hash === hash && record.admin ? record.name : undefined
}

async function register(
  provider: Provider,
  storage: Storage,
  metadata: Record<string, unknown>,
): Promise<{client_id: string; client_secret?: string}> {
  const client_id = randomBytes(12).toString('base64url')
  const secret = needsSecret(metadata) && {client_secret: randomBytes(32).toString('base64url')}
  await prepareClient(provider, storage, {...metadata, client_id, ...secret})()
  return {client_id, ...secret}
}

function prepareClient(
  provider: Provider,
  storage: Storage,
  metadata: Record<string, unknown> & {client_id: string},
): () => Promise<void> {
  const grants = (metadata['grant_types'] as string[] | undefined) ?? ['authorization_code', 'refresh_token']
  const payload = {
    redirect_uris: [] as string[],
    ...metadata,
    client_id_issued_at: Math.floor(Date.now() / 1000),
    application_type: 'native',
    grant_types: grants.map(one => (one === 'jwt-bearer' ? jwtBearer : one)),
    response_types: grants.includes('authorization_code') ? ['code'] : [],
    ...(needsSecret(metadata) && {client_secret_expires_at: 0}),
  }
  // The schema of the library is the judge of redirect URIs and the rest.
  const client = new (
    provider.Client as unknown as new (
      metadata: object,
    ) => {metadata(): Record<string, unknown>}
  )(payload)
  const record: ClientRecord = {
    client_id: payload.client_id,
    kind: 'registered',
    created_at: new Date().toISOString(),
    client_name: String(metadata['client_name']),
    redirect_uris: payload.redirect_uris,
    scope: metadata['scope'] as string | undefined,
    token_endpoint_auth_method: String(metadata['token_endpoint_auth_method'] ?? 'client_secret_basic'),
    grant_types: payload.grant_types,
  }
  return () => storage.keepClient(record, client.metadata())
}
