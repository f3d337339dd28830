// Who may use a proxy (`auth`), and the MCP server behind it (`mcp`): parts of a proxy with operations of their own.
import Type, {type Static, type TArray, type TOptional, type TSchema, type TString} from 'typebox'
import {operation} from '../operation.ts'

export const authModes = ['forward', 'redirect', 'passthrough'] as const

const names = (description: string, more: {default: string[]} | object = {}): TArray<TString> =>
  Type.Array(Type.String({minLength: 1, maxLength: 256}), {
    uniqueItems: true,
    maxItems: 1000,
    description,
    ...more,
  })
const scopeList = (description: string, more: object = {}): TArray<TString> =>
  Type.Array(
    Type.String({
      pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,128}$',
      description: 'a scope: one word, such as `mcp:read`',
    }),
    {
      uniqueItems: true,
      maxItems: 50,
      description,
      ...more,
    },
  )

const authFields = {
  mode: Type.Enum([...authModes], {
    default: 'forward',
    description:
      'without a login: forward answers 401, redirect sends browsers to the login page, passthrough lets it pass',
  }),
  required_users: names(
    'user names that may pass (GitHub login, or user name at the provider); `github:alice` or `oidc:alice` names the login too; none is anybody',
    {
      default: [],
    },
  ),
  required_emails: names('e-mail addresses that may pass, compared as a whole', {default: []}),
  required_groups: names('groups, organisations or `org/team` of which one is enough', {default: []}),
  required_scopes: scopeList('scopes an access token must have', {default: []}),
  pass_headers: Type.Boolean({default: true, description: 'tell the upstream who it is'}),
  header_prefix: Type.String({
    default: 'X-Auth-',
    pattern: '^[A-Za-z][A-Za-z0-9-]{0,62}-$',
    description:
      'how identity headers begin: `X-Auth-User`, `X-Auth-Email`, … and `X-Auth-Assertion`, which is signed',
  }),
  cookie_name: Type.String({
    default: 'mcpx_session',
    pattern: '^[A-Za-z0-9_-]{1,64}$',
    description: 'cookie of a browser login (redirect); `__Host-` stands before it over HTTPS',
  }),
  excluded_paths: Type.Array(
    Type.String({pattern: '^/[^?#]*$', maxLength: 2048, description: 'a path that begins with `/`'}),
    {
      uniqueItems: true,
      maxItems: 100,
      default: [],
      description: 'paths that need no login: `/health` also means `/health/…`',
    },
  ),
}
const mcpFields = {
  endpoint: Type.String({
    default: '/mcp',
    pattern: '^/[^\\s?#]*$',
    maxLength: 2048,
    description: 'path of the MCP endpoint',
  }),
  scopes: scopeList('scopes of the MCP server', {default: ['mcp:read', 'mcp:write']}),
  stateful: Type.Boolean({
    default: false,
    description: 'whether the server keeps sessions; told to clients, not enforced',
  }),
  override_backend: Type.Boolean({
    default: false,
    description: 'protect it although the server has OAuth of its own',
  }),
}
const mcpFound = {
  mcp_versions: Type.Array(Type.String(), {description: 'protocol revisions the server was found to speak'}),
  server_info: Type.Record(Type.String(), Type.Unknown(), {description: 'what the server says of itself'}),
  auto_detected: Type.Boolean({description: 'whether mcpx found the endpoint by itself'}),
  backend_implements: Type.Boolean({description: 'whether the server serves OAuth metadata of its own'}),
  last_checked: Type.String({format: 'date-time', description: 'when the server was last looked at'}),
}

const bare = (schema: TSchema): TSchema => {
  const {default: _, ...rest} = schema as TSchema & {default?: unknown}
  return rest
}
/** Every field optional and without default: what is left out stays. */
const changes = <F extends Record<string, TSchema>>(fields: F): {[K in keyof F]: TOptional<F[K]>} =>
  Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, Type.Optional(bare(one))])) as never
const optional = <F extends Record<string, TSchema>>(fields: F): {[K in keyof F]: TOptional<F[K]>} =>
  Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, Type.Optional(one)])) as never

export const proxyAuth = Type.Object(
  {enabled: Type.Boolean({description: 'whether a login is needed'}), ...authFields},
  {$id: 'ProxyAuth', description: 'Who may use a proxy.'},
)
export type ProxyAuth = Static<typeof proxyAuth>
export const proxyMcp = Type.Object(
  {
    enabled: Type.Boolean({description: 'whether it is an MCP server to clients'}),
    ...mcpFields,
    ...optional(mcpFound),
  },
  {$id: 'ProxyMcp', description: 'The MCP server behind a proxy.'},
)
export type ProxyMcp = Static<typeof proxyMcp>

/** A schema's defaults, as a value. */
const defaultsOf = (fields: Record<string, TSchema>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, (one as {default?: unknown}).default]))
export const authDefaults = {enabled: false, ...defaultsOf(authFields)} as ProxyAuth
export const mcpDefaults = {enabled: false, ...defaultsOf(mcpFields)} as ProxyMcp

const params = Type.Object({hostname: Type.String({description: 'hostname of the proxy'})})
const authShown = Type.Object(
  {...proxyAuth.properties, auth_proxy: Type.String({description: 'host of the authorization server'})},
  {$id: 'ProxyAuthDetail'},
)
const mcpShown = Type.Object(
  {
    ...proxyMcp.properties,
    public: Type.Boolean({description: 'whether it needs no login'}),
    resource: Type.String({description: 'URI of the MCP server, as clients are given it'}),
    metadata_url: Type.String({description: 'where its protected-resource metadata is'}),
  },
  {$id: 'ProxyMcpDetail'},
)

export const protectionOperations = {
  authEnable: operation('proxy.auth.enable', 'POST /proxy/targets/{hostname}/auth', {
    summary: 'Require a login for a proxy, or change who may pass',
    access: 'token',
    params,
    body: Type.Object(changes(authFields), {additionalProperties: false, $id: 'ProxyAuthEnable'}),
    result: authShown,
    problems: ['not-found'],
  }),
  authShow: operation('proxy.auth.show', 'GET /proxy/targets/{hostname}/auth', {
    summary: 'Show who may use a proxy',
    access: 'token',
    params,
    result: authShown,
    problems: ['not-found'],
  }),
  authDisable: operation('proxy.auth.disable', 'DELETE /proxy/targets/{hostname}/auth', {
    summary: 'Let everybody use a proxy, keeping the settings',
    access: 'token',
    params,
    problems: ['not-found'],
  }),
  mcpEnable: operation('proxy.mcp.enable', 'POST /proxy/targets/{hostname}/mcp', {
    summary: 'Publish a proxy as an MCP server, behind a login unless `public`',
    access: 'token',
    params,
    body: Type.Object(
      {
        ...changes(mcpFields),
        public: Type.Optional(Type.Boolean({description: 'let everybody use it without a login'})),
      },
      {additionalProperties: false, $id: 'ProxyMcpEnable'},
    ),
    result: mcpShown,
    problems: ['not-found', 'backend-protects', 'already-exists'],
  }),
  mcpShow: operation('proxy.mcp.show', 'GET /proxy/targets/{hostname}/mcp', {
    summary: 'Show the MCP server of a proxy',
    access: 'token',
    params,
    result: mcpShown,
    problems: ['not-found'],
  }),
  mcpDisable: operation('proxy.mcp.disable', 'DELETE /proxy/targets/{hostname}/mcp', {
    summary: 'No longer publish a proxy as an MCP server; a login stays required',
    access: 'token',
    params,
    problems: ['not-found'],
  }),
}
