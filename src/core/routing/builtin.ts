// The parts of mcpx that answer on public hosts themselves, as ordinary rules with a host scope.
import type {Rule} from './table.ts'
import {RouteTable} from './table.ts'

/** Served by the control process. */
export interface BuiltIn extends Rule {
  builtin: 'acme' | 'oauth' | 'api' | 'console'
}

const rule = (
  builtin: BuiltIn['builtin'],
  priority: number,
  path_pattern: string,
  is_exact = false,
): BuiltIn => ({
  builtin,
  route_id: `mcpx:${path_pattern}`,
  path_pattern,
  priority,
  methods: ['*'],
  is_exact,
  is_regex: false,
  enabled: true,
})

const tableOf = (rules: BuiltIn[]): RouteTable<BuiltIn> => {
  const table = new RouteTable<BuiltIn>()
  for (const one of rules) table.add(one)
  return table
}

const oauthEndpoints = ['/authorize', '/token', '/register', '/revoke', '/introspect', '/jwks']
const metadata = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-protected-resource',
]

/**
 * Whether any web origin may call a path of OAuth: it takes no cookie, and browser clients need it. `/verify` is told
 * the Origin of another request, and judges it.
 */
export const isOpenPath = (path: string): boolean =>
  [...oauthEndpoints.slice(1), ...metadata, '/verify'].some(one => path === one || path.startsWith(`${one}/`))

/** On the auth host. */
export const authRules = [
  ...oauthEndpoints,
  ...metadata,
  '/callback',
  '/verify',
  '/interaction',
  '/logout',
].map(path => rule('oauth', 95, path))

/** On a host of its own the authorization server answers for every path. */
export const authTable = tableOf([...authRules, rule('oauth', 0, '/')])

/** On protected hosts that are MCP servers: metadata, and the endpoints for clients that look for them beside it. */
export const mirrorTable = tableOf([
  ...[...oauthEndpoints, ...metadata].map(path => rule('oauth', 95, path)),
  rule('oauth', 95, '/.mcpx'),
])

/** On every other protected host: where to log in, and the way back from it. */
export const protectedTable = tableOf([
  rule('oauth', 95, '/.well-known/oauth-protected-resource'),
  rule('oauth', 95, '/.mcpx'),
])

/** The answer to a CORS preflight, which carries no token (Fetch §3.2.2). */
export const preflight = rule('oauth', 95, '/', false)
/** On every host, known or not: a CA asks before there is a certificate, over plain HTTP. */
export const acmeRule = rule('acme', 100, '/.well-known/acme-challenge')
const acmePath = `${acmeRule.path_pattern}/`

/** Whether a request target, as sent, asks for the answer to an http-01 challenge (RFC 8555 §8.3). */
export const isAcmeChallenge = (target: string): boolean => target.startsWith(acmePath)

/** On the console host: API 90; the console itself takes what no route does. */
export const consoleTable = tableOf([
  rule('api', 90, '/api/v1'),
  rule('api', 90, '/docs'),
  rule('api', 90, '/openapi.json', true),
  rule('api', 90, '/health'),
  rule('api', 90, '/metrics', true),
  rule('console', 90, '/', true),
  rule('console', 90, '/console'),
  rule('console', 90, '/.mcpx'),
  rule('console', 0, '/'),
])

/** In local mode console and authorization server share `localhost`. */
export const localTable = tableOf([...authRules])
