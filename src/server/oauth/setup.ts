// Whether people and clients can log in: the authorization server looked at step by step from outside, as a client sees it.
import type {Config} from '../../core/config.ts'
import type {OAuthCheck, OAuthSetup, SigningKey} from '../../core/contract/oauth.ts'
import {look} from './look.ts'
import {isLocal, type Upstream} from './upstreams.ts'

export interface SetupOptions {
  issuer: string
  config: Pick<
    Config,
    | 'GITHUB_CLIENT_ID'
    | 'GITHUB_CLIENT_SECRET'
    | 'GITHUB_URL'
    | 'OIDC_ISSUER'
    | 'OIDC_CLIENT_ID'
    | 'OAUTH_ALLOWED_GITHUB_USERS'
    | 'OAUTH_ALLOWED_GITHUB_ORGS'
    | 'OAUTH_ALLOWED_OIDC_USERS'
  >
  upstreams: {github?: Upstream; oidc?: Upstream}
  /** Ways to log in that are configured. */
  logins: readonly string[]
  /** Newest first. */
  keys: readonly SigningKey[]
}

type Document = Record<string, unknown>

/** A finding that is wrong, with what to do about it. */
class Wrong extends Error {
  readonly hint: string
  constructor(detail: string, hint: string) {
    super(detail)
    this.hint = hint
  }
}

type Found = {detail: string; hint?: string; warning?: true}

const endpoints = {
  authorization_endpoint: 'authorize',
  token_endpoint: 'token',
  registration_endpoint: 'register',
  revocation_endpoint: 'revoke',
  introspection_endpoint: 'introspect',
  jwks_uri: 'jwks',
}

export async function checkSetup(options: SetupOptions): Promise<OAuthSetup> {
  const {issuer, config, upstreams, keys} = options
  const checks: OAuthCheck[] = []
  const check = async (name: string, find: () => Found | Promise<Found>): Promise<boolean> => {
    try {
      checks.push({name, ok: true, ...(await find())})
      return true
    } catch (error) {
      const {message, hint, cause} = error as Wrong & {cause?: Error}
      checks.push({name, ok: false, detail: cause?.message ?? message, ...(hint !== undefined && {hint})})
      return false
    }
  }
  await check('issuer', () => ({detail: lookAtIssuer(issuer)}))
  const seen = await check('metadata', () => lookAtMetadata(issuer))
  if (seen) {
    await check('OpenID configuration', () => lookAtOpenid(issuer))
    await check('signing key', () => lookAtKeys(issuer, keys))
  }
  await check('logins', () => lookAtLogins(options))
  if (config.GITHUB_CLIENT_ID !== undefined || config.GITHUB_CLIENT_SECRET !== undefined) {
    await check('GitHub', () => lookAtGithub(upstreams.github))
    await check('GitHub allow list', () =>
      lookAtList('OAUTH_ALLOWED_GITHUB_USERS', [
        ...config.OAUTH_ALLOWED_GITHUB_USERS,
        ...config.OAUTH_ALLOWED_GITHUB_ORGS,
      ]),
    )
  }
  if (config.OIDC_ISSUER !== undefined || config.OIDC_CLIENT_ID !== undefined) {
    await check('OpenID Connect', () => lookAtOidc(config, upstreams.oidc))
    await check('OpenID Connect allow list', () =>
      lookAtList('OAUTH_ALLOWED_OIDC_USERS', config.OAUTH_ALLOWED_OIDC_USERS),
    )
  }
  return {ok: checks.every(({ok}) => ok), issuer, enter: toEnter(options), checks}
}

/** What a person enters at the providers. */
function toEnter({issuer, config, upstreams}: SetupOptions): OAuthSetup['enter'] {
  const callback = `${issuer}/callback`
  const web = config.GITHUB_URL ?? 'https://github.com'
  return [
    ...(upstreams.github || !upstreams.oidc
      ? [
          {where: `the app at ${web}/settings/developers`, field: 'Homepage URL', value: issuer},
          {
            where: `the app at ${web}/settings/developers`,
            field: 'Authorization callback URL',
            value: callback,
          },
        ]
      : []),
    ...(upstreams.oidc
      ? [{where: `the client at ${config.OIDC_ISSUER}`, field: 'Redirect URI', value: callback}]
      : []),
  ]
}

function lookAtIssuer(issuer: string): string {
  const url = new URL(issuer)
  if (url.protocol === 'https:') return issuer
  if (isLocal(url)) return `${issuer}, for clients on this machine`
  throw new Wrong(
    `${issuer} is plain HTTP, which clients refuse`,
    'set OAUTH_ISSUER to an https origin, or BASE_DOMAIN',
  )
}

async function lookAtMetadata(issuer: string): Promise<Found> {
  const url = `${issuer}/.well-known/oauth-authorization-server`
  const document = await fetchDocument(url, issuer)
  if (document['issuer'] !== issuer)
    throw new Wrong(
      `${url} is of ${document['issuer']}, not of ${issuer}`,
      `something else answers at ${new URL(issuer).host}; point that name at mcpx, or set OAUTH_ISSUER`,
    )
  const wrong = Object.entries(endpoints).filter(([field, path]) => document[field] !== `${issuer}/${path}`)
  if (wrong.length > 0) {
    const told = wrong.map(([field]) => `${field} is ${document[field] ?? 'missing'}`).join(', ')
    throw new Wrong(told, 'something between client and mcpx changes the document; let it pass unchanged')
  }
  return {detail: `${url} answers as mcpx wrote it`}
}

async function lookAtOpenid(issuer: string): Promise<Found> {
  const url = `${issuer}/.well-known/openid-configuration`
  const document = await fetchDocument(url, issuer)
  if (document['issuer'] !== issuer)
    throw new Wrong(`${url} is of ${document['issuer']}`, 'let every path of that name lead to mcpx')
  return {detail: `${url} answers`}
}

async function lookAtKeys(issuer: string, keys: readonly SigningKey[]): Promise<Found> {
  const [current] = keys
  const document = await fetchDocument(`${issuer}/jwks`, issuer)
  const published = [document['keys'] ?? []].flat() as Document[]
  if (!current || !published.some(({kid}) => kid === current.kid))
    throw new Wrong(
      `${issuer}/jwks lacks the key that signs (${current?.kid ?? 'there is none'})`,
      'a cache keeps an old answer, or another mcpx answers there: replicas need the same Redis',
    )
  return {
    detail: `${current.alg} ${current.kid}, made ${current.created_at.slice(0, 10)}, one of ${published.length} published`,
  }
}

function lookAtLogins({logins, config, upstreams}: SetupOptions): Found {
  if (logins.length === 0)
    throw new Wrong(
      'nobody can log in: no login is configured',
      'set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET, or OIDC_ISSUER and OIDC_CLIENT_ID: `mcpx init`',
    )
  const open = [
    upstreams.github && [...config.OAUTH_ALLOWED_GITHUB_USERS, ...config.OAUTH_ALLOWED_GITHUB_ORGS],
    upstreams.oidc && config.OAUTH_ALLOWED_OIDC_USERS,
  ].some(list => list && list.length > 0)
  if (!open && !logins.includes('token'))
    throw new Wrong(
      'nobody can log in: the allow lists are empty',
      'name people in OAUTH_ALLOWED_GITHUB_USERS or OAUTH_ALLOWED_OIDC_USERS',
    )
  return {detail: `people log in with ${logins.map(one => loginNames[one] ?? one).join(', ')}`}
}

const loginNames: Record<string, string> = {
  github: 'GitHub',
  oidc: 'OpenID Connect',
  token: 'the admin token (on this machine)',
}

async function lookAtGithub(github: Upstream | undefined): Promise<Found> {
  const hint = 'copy client id and a client secret from the settings of the app'
  if (!github) throw new Wrong('GITHUB_CLIENT_ID or GITHUB_CLIENT_SECRET is missing', hint)
  try {
    return {detail: await github.verify()}
  } catch (error) {
    throw new Wrong(reasonOf(error), `${hint}; mcpx must reach GitHub`)
  }
}

async function lookAtOidc(config: SetupOptions['config'], oidc: Upstream | undefined): Promise<Found> {
  if (!oidc)
    throw new Wrong(
      'OIDC_ISSUER or OIDC_CLIENT_ID is missing',
      'set both, as the provider shows them for its client',
    )
  try {
    return {detail: await oidc.verify()}
  } catch (error) {
    throw new Wrong(
      `${config.OIDC_ISSUER}: ${reasonOf(error)}`,
      `OIDC_ISSUER must be the issuer as its \`/.well-known/openid-configuration\` says it, and mcpx must reach it`,
    )
  }
}

function lookAtList(variable: string, list: readonly string[]): Found {
  if (list.length === 0)
    return {warning: true, detail: 'it is empty, so it lets nobody in', hint: `name people in ${variable}`}
  if (list.includes('*'))
    return {
      warning: true,
      detail: 'it is `*`: everybody there can log in here',
      hint: `name people in ${variable}, unless that is meant`,
    }
  return {detail: `it lets in ${list.slice(0, 10).join(', ')}${list.length > 10 ? ' and others' : ''}`}
}

async function fetchDocument(url: string, issuer: string): Promise<Document> {
  const {hostname, protocol} = new URL(issuer)
  const remedy =
    protocol === 'https:'
      ? `point the name ${hostname} at this machine, let ports 80 and 443 in, and give it a certificate: \`mcpx doctor\``
      : 'free that port for mcpx, or set OAUTH_ISSUER to where it is now'
  const {status, text} = await look(url, {}, {limited: false}).catch((error: Error) => {
    throw new Wrong(`${url}: ${reasonOf(error)}`, remedy)
  })
  if (status !== 200) throw new Wrong(`${url} answers ${status}`, remedy)
  try {
    return JSON.parse(text) as Document
  } catch {
    throw new Wrong(`${url} answers no JSON`, remedy)
  }
}

function reasonOf(error: unknown): string {
  const {message, cause, code} = error as Error & {code?: string}
  return (cause instanceof Error ? cause.message : message) || code || 'no answer'
}
