// The configuration: one schema keyed by environment variable; `.env.example`, the docs table and the wizard are made from it.
import {createPrivateKey} from 'node:crypto'
import {resolve} from 'node:path'
import ipaddr from 'ipaddr.js'
import {dataHome} from './run-directory.ts'

interface Setting<T> {
  /** Turns the text of the variable into its value, or throws an Error that says what is wrong with it. */
  parse: (text: string) => T
  default: T
  /** How the default reads in docs when the value itself says too little. */
  defaultText?: string
  meaning: string
  secret?: true
  group: string
}

const setting = <T>(
  group: string,
  parse: (text: string) => T,
  value: NoInfer<T>,
  meaning: string,
  more: Pick<Setting<T>, 'secret' | 'defaultText'> = {},
): Setting<T> => ({group, parse, default: value, meaning, ...more})

const text = (value: string): string => value
const optionalText = (value: string): string | undefined => value
const integer =
  (low: number, high: number) =>
  (value: string): number => {
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < low || number > high)
      throw new Error(`must be a whole number from ${low} to ${high}`)
    return number
  }
const optionalInteger = (low: number, high: number): ((value: string) => number | undefined) =>
  integer(low, high)
const oneOf =
  <const T extends string>(...values: readonly T[]) =>
  (value: string): T => {
    const found = values.find(one => one.toLowerCase() === value.toLowerCase())
    if (found === undefined) throw new Error(`must be one of ${values.join(', ')}`)
    return found
  }
const list = (value: string): string[] => value.split(/[\s,]+/).filter(Boolean)
const consoleAdmins = (value: string): string[] => {
  const items = list(value)
  for (const item of items) {
    if (!/^(github|oidc):[^*]+$/.test(item))
      throw new Error(
        `\`${item}\` is neither \`github:USER\` nor \`oidc:EMAIL\`; there is no \`*\` for admins`,
      )
  }
  return items
}
const addressList = (value: string): string[] => {
  const items = list(value)
  for (const item of items) {
    if (!ipaddr.isValid(item) && !ipaddr.isValidCIDR(item))
      throw new Error(`\`${item}\` is neither an IP address nor a CIDR range`)
  }
  return items
}
const address = (value: string): string | undefined => {
  if (!ipaddr.isValid(value)) throw new Error('must be an IP address, e.g. 127.0.0.1 or ::')
  return value
}
const domain = (value: string): string | undefined => {
  const name = value.toLowerCase().replace(/\.$/, '')
  if (
    !/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) ||
    ipaddr.isValid(name)
  ) {
    throw new Error('must be a domain name without scheme and port, e.g. example.com')
  }
  return name
}
const redisUrl = (value: string): string | undefined => {
  if (!/^(rediss?|unix|redis\+sentinel|redis\+cluster):\/\/\S+$/.test(value)) {
    throw new Error(
      'must look like redis://[:password@]host:6379[/db] (or rediss, unix, redis+sentinel, redis+cluster)',
    )
  }
  return value
}
const dockerHost = (value: string): string => {
  if (!/^(unix:\/\/\/\S+|tcp:\/\/[^\s/]+:\d+)$/.test(value))
    throw new Error('must be unix:///path/to/docker.sock or tcp://host:port')
  return value
}
const apiVersion = (value: string): string => {
  if (!/^1\.\d{2}$/.test(value)) throw new Error('must look like 1.41')
  return value
}
const webUrl = (value: string): string | undefined => {
  const url = URL.parse(value)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username)
    throw new Error('must be a URL such as https://login.example.com, without query and fragment')
  return value.replace(/\/$/, '')
}
const origin = (value: string): string | undefined => {
  const url = webUrl(value)
  if (url !== undefined && new URL(url).origin !== url.toLowerCase())
    throw new Error('must be scheme, host and port only, e.g. https://auth.example.com')
  return url?.toLowerCase()
}
const privateKey = (value: string): string | undefined => {
  const pem = Buffer.from(value, 'base64').toString('utf8')
  try {
    if (createPrivateKey(pem).asymmetricKeyType === 'rsa') return pem
  } catch {
    // said below, without the value
  }
  throw new Error('must be an RSA private key in PEM, encoded in base64')
}
const key32 = (value: string): string | undefined => {
  if (Buffer.from(value, 'base64').length !== 32)
    throw new Error('must be 32 bytes in base64; make one with `openssl rand -base64 32`')
  return value
}
const email = (value: string): string | undefined => {
  if (!/^[^\s@]+@[^\s@]+$/.test(value)) throw new Error('must be an e-mail address')
  return value
}
const httpsUrl = (value: string): string => {
  if (URL.parse(value)?.protocol !== 'https:') throw new Error('must be an https:// URL')
  return value
}
const hostAndPort = (value: string): string | undefined => {
  if (!/^(\[[0-9a-fA-F:]+\]|[^\s:]+)(:\d{1,5})?$/.test(value)) throw new Error('must look like 10.0.0.53:53')
  return value
}
const serverList = (value: string): string[] => list(value).map(item => hostAndPort(item) ?? item)

const adminToken = (value: string): string | undefined => {
  if (value.length < 16 || /[^\x21-\x7e]/.test(value))
    throw new Error('must have at least 16 visible ASCII characters')
  return value
}

/** Every variable mcpx reads, in the order they are documented. */
export const settings = {
  BASE_DOMAIN: setting(
    'Names and ports',
    domain,
    undefined,
    'Domain of this mcpx: console, API and docs answer there; unset is local mode',
  ),
  HTTP_PORT: setting(
    'Names and ports',
    optionalInteger(0, 65535),
    undefined,
    'Port for HTTP; when unset and 80 cannot be bound, 8080 is used',
    {defaultText: '80, else 8080'},
  ),
  HTTPS_PORT: setting(
    'Names and ports',
    optionalInteger(0, 65535),
    undefined,
    'Port for HTTPS; when unset and 443 cannot be bound, 8443 is used',
    {defaultText: '443, else 8443'},
  ),
  BIND_ADDRESS: setting(
    'Names and ports',
    address,
    undefined,
    'Address the public ports listen on; unset is every address',
    {defaultText: 'every address'},
  ),
  TRUSTED_PROXIES: setting(
    'Names and ports',
    addressList,
    [],
    'Addresses or CIDR ranges whose X-Forwarded-* and Forwarded headers are believed, separated by commas',
    {defaultText: 'none'},
  ),
  MCPX_DATA_DIR: setting(
    'State',
    (value: string) => resolve(value),
    dataHome(),
    'Directory of the private Redis and of first-start secrets',
    {defaultText: '$XDG_DATA_HOME/mcpx, else ~/.local/share/mcpx'},
  ),
  REDIS_URL: setting('State', redisUrl, undefined, 'Redis that holds all state; unset starts a private one', {
    defaultText: 'a private Redis',
    secret: true,
  }),
  REDIS_PASSWORD: setting('State', optionalText, undefined, 'Password for REDIS_URL, when not in the URL', {
    secret: true,
  }),
  MCPX_SECRET_KEY: setting(
    'State',
    key32,
    undefined,
    'Key (32 bytes, base64) that encrypts secrets at rest; replicas share it',
    {secret: true, defaultText: 'made at first start in MCPX_DATA_DIR/secret.key'},
  ),
  ADMIN_TOKEN: setting(
    'State',
    adminToken,
    undefined,
    'The admin token; replaces the one made at first start',
    {secret: true, defaultText: 'made at first start'},
  ),
  OAUTH_ISSUER: setting('Logins and OAuth', origin, undefined, 'Origin of the authorization server', {
    defaultText: 'https://auth.BASE_DOMAIN, in local mode http://localhost:PORT',
  }),
  GITHUB_CLIENT_ID: setting(
    'Logins and OAuth',
    optionalText,
    undefined,
    'Client id of the GitHub App that people log in with',
  ),
  GITHUB_CLIENT_SECRET: setting(
    'Logins and OAuth',
    optionalText,
    undefined,
    'Client secret of that GitHub App',
    {
      secret: true,
    },
  ),
  GITHUB_URL: setting(
    'Logins and OAuth',
    webUrl,
    'https://github.com',
    'GitHub, or the URL of a GitHub Enterprise Server',
  ),
  OAUTH_ALLOWED_GITHUB_USERS: setting(
    'Logins and OAuth',
    list,
    [],
    'GitHub users who may log in, separated by commas; `*` is everybody',
    {defaultText: 'nobody'},
  ),
  OAUTH_ALLOWED_GITHUB_ORGS: setting(
    'Logins and OAuth',
    list,
    [],
    'GitHub organisations and teams (`org`, `org/team`) whose members may log in',
    {defaultText: 'none'},
  ),
  OIDC_ISSUER: setting(
    'Logins and OAuth',
    webUrl,
    undefined,
    'Issuer URL of an OpenID Connect provider that people log in with',
  ),
  OIDC_CLIENT_ID: setting('Logins and OAuth', optionalText, undefined, 'Client id at that provider'),
  OIDC_CLIENT_SECRET: setting('Logins and OAuth', optionalText, undefined, 'Client secret at that provider', {
    secret: true,
  }),
  OIDC_NAME: setting('Logins and OAuth', text, 'Single sign-on', 'What the login page calls that provider'),
  OIDC_GROUPS_CLAIM: setting('Logins and OAuth', text, 'groups', 'Claim that holds the groups of a person'),
  OAUTH_ALLOWED_OIDC_USERS: setting(
    'Logins and OAuth',
    list,
    [],
    'Verified e-mail addresses or subjects that may log in there; `*` is everybody',
    {defaultText: 'nobody'},
  ),
  CONSOLE_ADMINS: setting(
    'Logins and OAuth',
    consoleAdmins,
    [],
    'Who may sign in to the web UI as admin by those logins: `github:USER`, `oidc:` and a verified e-mail address or subject',
    {defaultText: 'nobody'},
  ),
  OAUTH_LOCAL_PORT: setting(
    'Logins and OAuth',
    integer(0, 65_535),
    9000,
    'Port on localhost where the authorization server answers too, as older set-ups expect; left out when it is taken; 0 is none',
  ),
  OAUTH_ACCESS_TOKEN_LIFETIME: setting(
    'Logins and OAuth',
    integer(60, 86_400),
    1800,
    'Seconds an access token lives',
  ),
  OAUTH_REFRESH_TOKEN_LIFETIME: setting(
    'Logins and OAuth',
    integer(3600, 31_536_000),
    2_592_000,
    'Seconds a login lasts without being used',
  ),
  OAUTH_CLIENT_LIFETIME: setting(
    'Logins and OAuth',
    integer(1, 3650),
    90,
    'Days without use after which a registered client is forgotten',
  ),
  OAUTH_JWT_ALGORITHM: setting(
    'Logins and OAuth',
    oneOf('RS256', 'ES256'),
    'RS256',
    'How access tokens are signed: RS256 or ES256',
  ),
  OAUTH_JWT_PRIVATE_KEY_B64: setting(
    'Logins and OAuth',
    privateKey,
    undefined,
    'First signing key: RSA private key in PEM, base64',
    {secret: true, defaultText: 'made at first start'},
  ),
  OAUTH_CLIENT_CREDENTIALS: setting(
    'Logins and OAuth',
    oneOf('on', 'off'),
    'off',
    'Whether clients that an operator registers for it get tokens of their own, without a person: on or off',
  ),
  OAUTH_ENTERPRISE_AUTHORIZATION: setting(
    'Logins and OAuth',
    oneOf('on', 'off'),
    'off',
    'Whether OIDC_ISSUER may vouch for people by identity assertions (ID-JAG), without a login page: on or off',
  ),
  MCP_CHECK_INTERVAL: setting(
    'Logins and OAuth',
    integer(0, 86_400),
    900,
    'Seconds between two looks at an MCP server behind a proxy; also looks for servers nobody has published; 0 never looks',
  ),
  METRICS_TOKEN: setting(
    'Seen from outside',
    optionalText,
    undefined,
    'Bearer token that may read /metrics besides API tokens',
    {secret: true},
  ),
  LOG_LEVEL: setting(
    'Seen from outside',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'What the log on standard error holds: trace, debug, info, warn, error or silent',
  ),
  RECENT_REQUESTS: setting(
    'Seen from outside',
    integer(0, 1_000_000),
    10_000,
    'How many recent requests `mcpx logs` can look back on',
  ),
  WORKERS: setting(
    'Gateway',
    optionalInteger(0, 256),
    undefined,
    'Gateway processes; 0 runs everything in one process',
    {defaultText: 'one a core'},
  ),
  PROXY_CONNECT_TIMEOUT: setting(
    'Gateway',
    integer(1, 3600),
    30,
    'Seconds to open a connection to an upstream',
  ),
  PROXY_REQUEST_TIMEOUT: setting(
    'Gateway',
    integer(1, 86_400),
    120,
    'Seconds until the first byte of the answer; none once streaming',
  ),
  SSE_KEEPALIVE: setting(
    'Gateway',
    integer(0, 3600),
    15,
    'Seconds of silence before a comment keeps an event stream open; 0 is never',
  ),
  DRAIN_TIMEOUT: setting(
    'Gateway',
    integer(0, 3600),
    10,
    'Seconds that requests under way get to end when mcpx stops',
  ),
  DOCKER_HOST: setting(
    'Services',
    dockerHost,
    'unix:///var/run/docker.sock',
    'Where the container engine answers: unix:///path or tcp://host:port',
  ),
  DOCKER_API_VERSION: setting(
    'Services',
    apiVersion,
    '1.41',
    'Version of the engine API that is spoken; 1.41 is Docker 20.10',
  ),
  SERVICE_IMAGES: setting(
    'Services',
    list,
    [],
    'Images that services may run, separated by commas; `*` stands for any text, e.g. `redis:*,ghcr.io/me/*`',
    {defaultText: 'any for admins, none for other tokens'},
  ),
  ADMIN_EMAIL: setting(
    'Certificates',
    email,
    undefined,
    'E-mail address for certificates; setting it agrees to the terms of the CA',
  ),
  ACME_DIRECTORY_URL: setting(
    'Certificates',
    httpsUrl,
    'https://acme-v02.api.letsencrypt.org/directory',
    'ACME directory of the CA',
  ),
  ACME_STAGING_URL: setting(
    'Certificates',
    httpsUrl,
    'https://acme-staging-v02.api.letsencrypt.org/directory',
    'ACME directory for `--staging`',
  ),
  ACME_CA_BUNDLE: setting(
    'Certificates',
    optionalText,
    undefined,
    'File of CA certificates (PEM) that the ACME directories are trusted by, besides the usual ones',
  ),
  ACME_EAB_KID: setting(
    'Certificates',
    optionalText,
    undefined,
    'Key id of the external account binding that ACME_DIRECTORY_URL asks for',
  ),
  ACME_EAB_HMAC_KEY: setting(
    'Certificates',
    optionalText,
    undefined,
    'HMAC key (base64url) of the external account binding',
    {secret: true},
  ),
  ACME_PROFILE: setting(
    'Certificates',
    optionalText,
    undefined,
    'Certificate profile asked of ACME_DIRECTORY_URL, e.g. shortlived',
  ),
  ACME_CHALLENGE: setting(
    'Certificates',
    oneOf('http-01', 'tls-alpn-01', 'dns-01'),
    'http-01',
    'How the CA checks names: http-01 (port 80), tls-alpn-01 (port 443) or dns-01; wildcards always use dns-01',
  ),
  ACME_PREFLIGHT: setting(
    'Certificates',
    oneOf('on', 'off'),
    'on',
    'Whether DNS and reachability are checked before the CA is asked; off where mcpx cannot reach its own public address',
  ),
  ACME_HTTP_PORT: setting(
    'Certificates',
    integer(1, 65_535),
    80,
    'Port that the CA sends http-01 requests to; only a private CA has another',
  ),
  ACME_TLS_PORT: setting(
    'Certificates',
    integer(1, 65_535),
    443,
    'Port that the CA sends tls-alpn-01 requests to; only a private CA has another',
  ),
  ACME_POLL_INTERVAL: setting(
    'Certificates',
    integer(1, 3600),
    2,
    'Seconds between two questions how an order goes',
  ),
  ACME_POLL_ATTEMPTS: setting(
    'Certificates',
    integer(1, 10_000),
    60,
    'Questions before an order counts as stuck',
  ),
  ACME_DNS_PROVIDER: setting(
    'Certificates',
    oneOf('none', 'rfc2136', 'cloudflare', 'hook'),
    'none',
    'Who sets the TXT records of dns-01: rfc2136, cloudflare or hook',
  ),
  ACME_DNS_SERVERS: setting(
    'Certificates',
    serverList,
    [],
    'DNS servers that preflight and dns-01 look names up with, as host[:port], separated by commas',
    {defaultText: "the system's"},
  ),
  ACME_DNS_HOOK: setting(
    'Certificates',
    optionalText,
    undefined,
    'Program for ACME_DNS_PROVIDER=hook, called with `present` or `cleanup`, the record name and its value',
  ),
  RFC2136_SERVER: setting(
    'Certificates',
    hostAndPort,
    undefined,
    'DNS server that takes dynamic updates, as host[:port]',
  ),
  RFC2136_ZONE: setting('Certificates', domain, undefined, 'Zone to update', {
    defaultText: 'found by its SOA record',
  }),
  RFC2136_TSIG_KEY: setting('Certificates', optionalText, undefined, 'Name of the TSIG key'),
  RFC2136_TSIG_SECRET: setting('Certificates', optionalText, undefined, 'The TSIG key in base64', {
    secret: true,
  }),
  RFC2136_TSIG_ALGORITHM: setting(
    'Certificates',
    oneOf('hmac-sha256', 'hmac-sha384', 'hmac-sha512'),
    'hmac-sha256',
    'Algorithm of the TSIG key: hmac-sha256, hmac-sha384 or hmac-sha512',
  ),
  CLOUDFLARE_API_TOKEN: setting(
    'Certificates',
    optionalText,
    undefined,
    'Token that may edit the DNS zone (Zone.DNS edit, Zone.Zone read)',
    {secret: true},
  ),
  CLOUDFLARE_API_URL: setting(
    'Certificates',
    (value: string) => value.replace(/\/$/, ''),
    'https://api.cloudflare.com/client/v4',
    'Where the Cloudflare API is',
  ),
  RENEWAL_CHECK_INTERVAL: setting(
    'Certificates',
    integer(1, 86_400),
    3600,
    'Seconds between two looks at what has to be renewed, at most',
  ),
  RENEWAL_THRESHOLD_DAYS: setting(
    'Certificates',
    integer(1, 365),
    30,
    'Days before its end that a certificate is renewed, or a third of its lifetime if that is less; the CA may say otherwise (ARI)',
  ),
  SELF_SIGNED_CN: setting(
    'Certificates',
    (value: string) => value,
    'mcpx',
    'Common name of the self-signed certificate shown for names that have none yet',
  ),
  RSA_KEY_SIZE: setting(
    'Certificates',
    optionalInteger(2048, 8192),
    undefined,
    'Makes RSA keys of this many bits',
    {defaultText: 'ECDSA P-256'},
  ),
} satisfies Record<string, Setting<never> | Setting<unknown>>

export type Variable = keyof typeof settings
export type Config = {readonly [K in Variable]: (typeof settings)[K] extends Setting<infer T> ? T : never}

export class ConfigError extends Error {
  readonly errors: {variable: string; reason: string}[]
  constructor(errors: {variable: string; reason: string}[]) {
    super(
      `The configuration has ${errors.length} error${errors.length === 1 ? '' : 's'}:\n${errors.map(e => `  ${e.variable}: ${e.reason}`).join('\n')}`,
    )
    this.name = 'ConfigError'
    this.errors = errors
  }
}

/** Read every variable; an empty one counts as unset. Throws a ConfigError with all errors at once, never with a value. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const config: Record<string, unknown> = {}
  const errors: {variable: string; reason: string}[] = []
  for (const [variable, {parse, default: value}] of Object.entries(settings) as [
    string,
    Setting<unknown>,
  ][]) {
    const given = environment[variable]?.trim()
    if (!given) {
      config[variable] = value
      continue
    }
    try {
      config[variable] = parse(given)
    } catch (error) {
      errors.push({variable, reason: (error as Error).message})
    }
  }
  if (errors.length > 0) throw new ConfigError(errors)
  return config as Config
}

/** `.env.example`: every variable, commented out, with its meaning and default. */
export function envExample(): string {
  const lines = [
    '# Settings of mcpx. `mcpx serve` reads ./.env; the process environment wins.',
    '# Made by `npm run made` from src/core/config.ts; every line is commented out.',
  ]
  let group = ''
  for (const [variable, one] of Object.entries(settings) as [string, Setting<unknown>][]) {
    if (one.group !== group) lines.push('', `## ${one.group}`)
    group = one.group
    lines.push(
      `# ${one.meaning} (default: ${describeDefault(one)})`,
      `#${variable}=${one.defaultText === undefined && one.default !== undefined ? String(one.default) : ''}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** The table of docs/configuration.md. */
export function configurationTable(): string {
  const rows = (Object.entries(settings) as [string, Setting<unknown>][]).map(
    ([variable, one]) =>
      `| \`${variable}\` | ${describeDefault(one)} | ${one.meaning.replaceAll('|', '\\|')}${one.secret ? ' (secret)' : ''} |`,
  )
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

const describeDefault = (one: Setting<unknown>): string =>
  one.defaultText ?? (one.default === undefined ? 'unset' : String(one.default))
