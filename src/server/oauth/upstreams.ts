// Logins elsewhere: GitHub (or an Enterprise Server), and any OpenID Connect provider.
import {createHash} from 'node:crypto'
import * as openid from 'openid-client'
import type {Config} from '../../core/config.ts'
import type {Account} from './accounts.ts'

/** What has to be remembered between leaving for a login and coming back. */
export interface Departure {
  state: string
  nonce: string
  verifier: string
}

export interface Upstream {
  /** Where to send the browser. Throws when the provider cannot be reached. */
  begin(departure: Departure, callback: string): Promise<URL>
  /** Who came back. Throws an Error that says what went wrong, for the log. */
  finish(returned: URL, departure: Departure, callback: string): Promise<Account>
  /** Where its login page is, for the rules of our own. */
  origin(): Promise<string>
  /** What was found on asking it whether it would let people in here. Throws an Error that says what is wrong. */
  verify(): Promise<string>
}

type UpstreamConfig = Pick<
  Config,
  | 'GITHUB_CLIENT_ID'
  | 'GITHUB_CLIENT_SECRET'
  | 'GITHUB_URL'
  | 'OIDC_ISSUER'
  | 'OIDC_CLIENT_ID'
  | 'OIDC_CLIENT_SECRET'
  | 'OIDC_GROUPS_CLAIM'
>

const timeout = 10_000

export function openUpstreams(config: UpstreamConfig): {github?: Upstream; oidc?: Upstream} {
  const {GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, OIDC_ISSUER, OIDC_CLIENT_ID} = config
  return {
    ...(GITHUB_CLIENT_ID && GITHUB_CLIENT_SECRET && {github: github(config)}),
    ...(OIDC_ISSUER && OIDC_CLIENT_ID && {oidc: oidc(config)}),
  }
}

function github(config: UpstreamConfig): Upstream {
  const web = config.GITHUB_URL ?? 'https://github.com'
  const api = web === 'https://github.com' ? 'https://api.github.com' : `${web}/api/v3`
  const call = async <T>(path: string, token: string): Promise<T> => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'user-agent': 'mcpx',
    }
    const response = await fetch(api + path, {headers, signal: AbortSignal.timeout(timeout)})
    if (!response.ok) throw new Error(`GitHub answered ${response.status} at ${path}`)
    return (await response.json()) as T
  }
  const exchange = async (
    fields: Record<string, string>,
  ): Promise<{access_token?: string; error?: string}> => {
    const response = await fetch(`${web}/login/oauth/access_token`, {
      method: 'POST',
      headers: {accept: 'application/json', 'user-agent': 'mcpx'},
      body: new URLSearchParams({
        client_id: config.GITHUB_CLIENT_ID ?? '',
        client_secret: config.GITHUB_CLIENT_SECRET ?? '',
        ...fields,
      }),
      signal: AbortSignal.timeout(timeout),
    })
    const answer = (await response.json()) as {access_token?: string; error?: string}
    return {error: String(response.status), ...answer}
  }
  return {
    origin: async () => new URL(web).origin,
    async verify() {
      // A code that cannot be is refused for what it is only once id and secret are accepted.
      const {error} = await exchange({code: 'mcpx-setup'})
      if (error !== 'bad_verification_code')
        throw new Error(`${web} refuses the client id or secret: ${error}`)
      return `${web} accepts the client id and secret`
    },
    async begin({state, verifier}, callback) {
      const url = new URL(`${web}/login/oauth/authorize`)
      url.search = new URLSearchParams({
        client_id: config.GITHUB_CLIENT_ID ?? '',
        redirect_uri: callback,
        scope: 'read:user user:email read:org',
        state,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        allow_signup: 'false',
      }).toString()
      return url
    },
    async finish(returned, {verifier}, callback) {
      const refused = returned.searchParams.get('error')
      if (refused !== null) throw new Error(`GitHub answered ${refused}`)
      const {access_token: token, error} = await exchange({
        code: returned.searchParams.get('code') ?? '',
        redirect_uri: callback,
        code_verifier: verifier,
      })
      if (!token) throw new Error(`GitHub gave no token: ${error}`)
      return githubAccount(path => call(path, token))
    },
  }
}

interface GithubUser {
  id: number
  login: string
  name: string | null
}

async function githubAccount(call: <T>(path: string) => Promise<T>): Promise<Account> {
  const user = await call<GithubUser>('/user')
  // A GitHub App without the permission gets 403 or 404: then there is no such fact, and no allow list matches it.
  const some = <T>(path: string): Promise<T[]> => call<T[]>(path).catch(() => [])
  const [emails, orgs, teams] = await Promise.all([
    some<{email: string; primary: boolean; verified: boolean}>('/user/emails'),
    some<{login: string}>('/user/orgs?per_page=100'),
    some<{slug: string; organization: {login: string}}>('/user/teams?per_page=100'),
  ])
  const email = emails.find(one => one.primary && one.verified)?.email
  return {
    sub: `github:${user.id}`,
    login: 'github',
    username: user.login,
    ...(user.name && {name: user.name}),
    ...(email !== undefined && {email}),
    email_verified: email !== undefined,
    groups: [...orgs.map(org => org.login), ...teams.map(team => `${team.organization.login}/${team.slug}`)],
  }
}

function oidc(config: UpstreamConfig): Upstream {
  const issuer = new URL(config.OIDC_ISSUER as string)
  const discover = (): Promise<openid.Configuration> =>
    openid.discovery(issuer, config.OIDC_CLIENT_ID as string, config.OIDC_CLIENT_SECRET, undefined, {
      timeout: timeout / 1000,
      // Over HTTP only on this machine, where nobody else listens.
      ...(isLocal(issuer) && {execute: [openid.allowInsecureRequests]}),
    })
  let known: Promise<openid.Configuration> | undefined
  /** Its metadata, looked up once it is needed; again when that failed. */
  const discovered = (): Promise<openid.Configuration> => {
    known ??= discover().catch(error => {
      known = undefined
      throw error
    })
    return known
  }
  return {
    async verify() {
      const metadata = (await discover()).serverMetadata()
      for (const field of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'])
        if (metadata[field] === undefined) throw new Error(`its metadata has no ${field}`)
      return `${metadata.issuer} answers`
    },
    async origin() {
      return new URL((await discovered()).serverMetadata().authorization_endpoint ?? issuer.href).origin
    },
    async begin({state, nonce, verifier}, callback) {
      return openid.buildAuthorizationUrl(await discovered(), {
        redirect_uri: callback,
        scope: 'openid profile email',
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
    },
    async finish(returned, {state, nonce, verifier}, callback) {
      const url = new URL(callback)
      url.search = returned.search
      const tokens = await openid.authorizationCodeGrant(await discovered(), url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      })
      const claims = {...tokens.claims()}
      if ((await discovered()).serverMetadata().userinfo_endpoint !== undefined)
        Object.assign(
          claims,
          await openid.fetchUserInfo(await discovered(), tokens.access_token, String(claims.sub)),
        )
      return oidcAccount(claims, config.OIDC_GROUPS_CLAIM)
    },
  }
}

export function oidcAccount(claims: Record<string, unknown>, groupsClaim: string): Account {
  const text = (name: string): string | undefined =>
    typeof claims[name] === 'string' && claims[name] !== '' ? claims[name] : undefined
  const groups = claims[groupsClaim]
  const sub = text('sub') ?? ''
  return {
    sub: `oidc:${sub}`,
    login: 'oidc',
    username: text('preferred_username') ?? text('email') ?? sub,
    name: text('name'),
    email: text('email'),
    email_verified: claims['email_verified'] === true,
    groups: Array.isArray(groups) ? groups.filter(one => typeof one === 'string') : [],
  }
}

export const isLocal = ({hostname}: URL): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
