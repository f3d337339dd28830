// The authorization server: clients, sessions, access tokens, signing keys, and how it is.
import Type, {type Static} from 'typebox'
import {operation, page, paging} from '../operation.ts'
import {probeReport} from './resource.ts'

const time = (description: string): ReturnType<typeof Type.String> =>
  Type.String({format: 'date-time', description})

export const oauthClient = Type.Object(
  {
    client_id: Type.String({description: 'its id; a URL is a client metadata document'}),
    client_name: Type.Optional(Type.String()),
    kind: Type.Enum(['registered', 'dynamic', 'document'], {
      description: 'made by an operator, registered by itself (RFC 7591), or a metadata document',
    }),
    redirect_uris: Type.Array(Type.String()),
    scope: Type.Optional(Type.String()),
    token_endpoint_auth_method: Type.String(),
    grant_types: Type.Array(Type.String()),
    created_at: time('when it was first seen'),
    last_used_at: Type.Optional(time('when somebody last logged in with it')),
    expires_at: Type.Optional(time('when it is forgotten unless used')),
    active: Type.Boolean({description: 'whether it was ever used for a login'}),
  },
  {$id: 'OAuthClient'},
)
export type OAuthClient = Static<typeof oauthClient>

export const oauthSession = Type.Object(
  {
    id: Type.String(),
    user: Type.String({description: 'user name'}),
    subject: Type.String({description: 'who it is, as in `sub`'}),
    email: Type.Optional(Type.String()),
    client_id: Type.String(),
    client_name: Type.Optional(Type.String()),
    resources: Type.Array(Type.String(), {description: 'what was opened'}),
    scopes: Type.Array(Type.String(), {description: 'what was granted'}),
    created_at: time('when it was granted'),
    expires_at: time('when it ends unless used'),
    access_tokens: Type.Integer({description: 'access tokens that hold now'}),
  },
  {$id: 'OAuthSession'},
)
export type OAuthSession = Static<typeof oauthSession>

export const oauthToken = Type.Object(
  {
    jti: Type.String({description: 'id of the access token'}),
    session: Type.String({description: 'id of the session it belongs to'}),
    client_id: Type.String(),
    client_name: Type.Optional(Type.String()),
    user: Type.String(),
    subject: Type.String(),
    resource: Type.String({description: 'the only place it holds'}),
    scope: Type.String(),
    issued_at: time('when it was issued'),
    expires_at: time('when it ends'),
    active: Type.Boolean({description: 'false once revoked'}),
  },
  {$id: 'OAuthToken'},
)
export type OAuthToken = Static<typeof oauthToken>

export const signingKey = Type.Object(
  {
    kid: Type.String(),
    alg: Type.String(),
    created_at: time('when it was made'),
    retired_at: Type.Optional(time('when another took its place')),
    published_until: Type.Optional(time('when its last token has ended')),
    current: Type.Boolean({description: 'whether new tokens are signed with it'}),
  },
  {$id: 'SigningKey'},
)
export type SigningKey = Static<typeof signingKey>

export const oauthMetrics = Type.Object(
  {
    clients: Type.Integer(),
    clients_active: Type.Integer({description: 'clients somebody logged in with'}),
    sessions: Type.Integer(),
    access_tokens: Type.Integer({description: 'access tokens that hold now'}),
    revocations: Type.Integer({description: 'revoked access tokens that have not ended yet'}),
    issued: Type.Integer({description: 'access tokens issued since the first start'}),
    refused: Type.Record(Type.String(), Type.Integer(), {
      description: 'refusals by endpoint and error since the first start',
    }),
  },
  {$id: 'OAuthMetrics'},
)
export type OAuthMetrics = Static<typeof oauthMetrics>

const check = Type.Object({
  name: Type.String(),
  ok: Type.Boolean(),
  detail: Type.String({description: 'what was found'}),
  hint: Type.Optional(Type.String({description: 'what to do'})),
  warning: Type.Optional(Type.Boolean({description: 'whether it works, but may not be what was meant'})),
})
export type OAuthCheck = Static<typeof check>
export const oauthHealth = Type.Object(
  {
    ok: Type.Boolean(),
    issuer: Type.String(),
    logins: Type.Array(Type.String(), {description: 'ways to log in that are configured'}),
    endpoints: Type.Record(Type.String(), Type.String()),
    checks: Type.Array(check),
  },
  {$id: 'OAuthHealth'},
)
export type OAuthHealth = Static<typeof oauthHealth>

export const oauthSetup = Type.Object(
  {
    ok: Type.Boolean({description: 'whether people and clients can log in'}),
    issuer: Type.String(),
    enter: Type.Array(
      Type.Object({
        where: Type.String({description: 'the app or client at a provider'}),
        field: Type.String({description: 'what the provider calls it'}),
        value: Type.String(),
      }),
      {description: 'what to enter at the providers'},
    ),
    checks: Type.Array(check),
  },
  {$id: 'OAuthSetup'},
)
export type OAuthSetup = Static<typeof oauthSetup>

const proxyStatus = Type.Object(
  {
    hostname: Type.String(),
    protected: Type.Boolean(),
    mode: Type.Optional(Type.String()),
    resources: Type.Array(Type.String()),
    sessions: Type.Integer({description: 'sessions that opened it'}),
    keys: Type.Integer({description: 'proxy keys'}),
  },
  {$id: 'OAuthProxyStatus'},
)

const registration = Type.Object(
  {
    client_name: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'its name, shown on the consent page',
    }),
    redirect_uris: Type.Optional(
      Type.Array(Type.String({maxLength: 2048}), {
        maxItems: 20,
        uniqueItems: true,
        description: 'where people return to after the login; only a client without people needs none',
      }),
    ),
    grant_types: Type.Optional(
      Type.Array(Type.Enum(['authorization_code', 'refresh_token', 'client_credentials', 'jwt-bearer']), {
        minItems: 1,
        uniqueItems: true,
        description:
          'how it gets tokens: default authorization_code and refresh_token; the others have to be switched on',
      }),
    ),
    jwks_uri: Type.Optional(
      Type.String({
        pattern: '^https://',
        maxLength: 2048,
        description: 'where its public keys are, for private_key_jwt',
      }),
    ),
    scope: Type.Optional(Type.String({maxLength: 1000, description: 'scopes it may ask for; default any'})),
    token_endpoint_auth_method: Type.Optional(
      Type.Enum(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'], {
        description: 'none is a public client; default client_secret_basic',
      }),
    ),
  },
  {additionalProperties: false, $id: 'OAuthClientRegister'},
)

/** Whether a client shows a secret at the token endpoint (RFC 7591 §2). */
export function needsSecret(client: Record<string, unknown>): boolean {
  const {token_endpoint_auth_method: method = 'client_secret_basic'} = client
  return method === 'client_secret_basic' || method === 'client_secret_post'
}

const clientParams = Type.Object({client_id: Type.String({description: 'id of the client'})})
const sessionParams = Type.Object({id: Type.String({description: 'id of the session'})})
const tokenParams = Type.Object({jti: Type.String({description: 'id of the access token'})})
const hostParams = Type.Object({hostname: Type.String({description: 'hostname of the proxy'})})

export const oauthOperations = {
  clientRegister: operation('oauth.client.register', 'POST /oauth/clients', {
    summary: 'Register an OAuth client; a secret is shown once',
    access: 'admin',
    body: registration,
    status: 201,
    result: Type.Object({
      client_id: Type.String(),
      client_secret: Type.Optional(Type.String({description: 'shown this once'})),
      record: oauthClient,
    }),
    problems: ['invalid-request'],
  }),
  clientList: operation('oauth.client.list', 'GET /oauth/clients', {
    summary: 'List OAuth clients, newest first',
    access: 'admin',
    query: Type.Object({
      ...paging,
      active_only: Type.Optional(Type.Boolean({default: false, description: 'only those used for a login'})),
    }),
    result: page(oauthClient),
  }),
  clientShow: operation('oauth.client.show', 'GET /oauth/clients/{client_id}', {
    summary: 'Show an OAuth client (never its secret)',
    access: 'admin',
    params: clientParams,
    result: oauthClient,
    problems: ['not-found'],
  }),
  clientTokens: operation('oauth.client.tokens', 'GET /oauth/clients/{client_id}/tokens', {
    summary: 'List the access tokens of an OAuth client',
    access: 'admin',
    params: clientParams,
    query: Type.Object(paging),
    result: page(oauthToken),
  }),
  clientDelete: operation('oauth.client.delete', 'DELETE /oauth/clients/{client_id}', {
    summary: 'Delete an OAuth client, its sessions and tokens',
    access: 'admin',
    params: clientParams,
    problems: ['not-found'],
  }),
  sessionList: operation('oauth.session.list', 'GET /oauth/sessions', {
    summary: 'List sessions: who logged in with which client, and what for',
    access: 'token',
    query: Type.Object({
      ...paging,
      user: Type.Optional(Type.String({description: 'only of this user name'})),
      client_id: Type.Optional(Type.String({description: 'only of this client'})),
    }),
    result: page(oauthSession),
  }),
  sessionShow: operation('oauth.session.show', 'GET /oauth/sessions/{id}', {
    summary: 'Show a session',
    access: 'token',
    params: sessionParams,
    result: oauthSession,
    problems: ['not-found'],
  }),
  sessionRevoke: operation('oauth.session.revoke', 'DELETE /oauth/sessions/{id}', {
    summary: 'Revoke a session and every token of it',
    access: 'token',
    params: sessionParams,
    problems: ['not-found'],
  }),
  tokenList: operation('oauth.token.list', 'GET /oauth/tokens', {
    summary: 'List access tokens, newest first',
    access: 'token',
    query: Type.Object(paging),
    result: page(oauthToken),
  }),
  tokenShow: operation('oauth.token.show', 'GET /oauth/tokens/{jti}', {
    summary: 'Show an access token by its id',
    access: 'token',
    params: tokenParams,
    result: oauthToken,
    problems: ['not-found'],
  }),
  tokenRevoke: operation('oauth.token.revoke', 'DELETE /oauth/tokens/{jti}', {
    summary: 'Revoke one access token',
    access: 'token',
    params: tokenParams,
    problems: ['not-found'],
  }),
  keyList: operation('oauth.key.list', 'GET /oauth/keys', {
    summary: 'List signing keys',
    access: 'admin',
    result: Type.Object({items: Type.Array(signingKey)}),
  }),
  keyRotate: operation('oauth.key.rotate', 'POST /oauth/keys/rotate', {
    summary: 'Sign new tokens with a new key; the old one holds until its tokens have ended',
    access: 'admin',
    result: signingKey,
    problems: ['rotation-refused'],
  }),
  metrics: operation('oauth.metrics', 'GET /oauth/metrics', {
    summary: 'Show figures of the authorization server',
    access: 'admin',
    result: oauthMetrics,
  }),
  health: operation('oauth.health', 'GET /oauth/health', {
    summary: 'Tell whether logins work, part by part',
    access: 'token',
    result: oauthHealth,
  }),
  status: operation('oauth.status', 'GET /oauth/proxies', {
    summary: 'Show which proxies are protected, and how',
    access: 'token',
    query: Type.Object({
      hostname: Type.Optional(Type.String({description: 'only this proxy'})),
      ...paging,
    }),
    result: page(proxyStatus),
    problems: ['not-found'],
  }),
  proxySessions: operation('oauth.proxy.sessions', 'GET /oauth/proxies/{hostname}/sessions', {
    summary: 'List the sessions that opened a proxy',
    access: 'token',
    params: hostParams,
    query: Type.Object(paging),
    result: page(oauthSession),
    problems: ['not-found'],
  }),
  setup: operation('oauth.setup', 'POST /oauth/admin/setup-routes', {
    summary: 'Check step by step that people and clients can log in, and say what is missing',
    access: 'admin',
    result: oauthSetup,
  }),
  setupStatus: operation('oauth.setup-status', 'GET /oauth/admin/setup-status', {
    summary: 'The same checks as a read, for monitoring',
    access: 'admin',
    result: oauthSetup,
  }),
  test: operation('oauth.test', 'POST /oauth/test', {
    summary: 'Look at any MCP server as a client does: challenge, metadata, registration',
    access: 'admin',
    body: Type.Object(
      {
        url: Type.String({pattern: '^https?://', maxLength: 2048, description: 'URL of the MCP server'}),
        token: Type.Optional(Type.String({maxLength: 16_384, description: 'an access token to try'})),
      },
      {additionalProperties: false, $id: 'OAuthTest'},
    ),
    result: probeReport,
  }),
}
