// What operators see and do of the authorization server: clients, sessions, access tokens, keys, figures.
import type {
  OAuthClient,
  OAuthHealth,
  OAuthMetrics,
  OAuthSession,
  OAuthSetup,
  OAuthToken,
} from '../../core/contract/oauth.ts'
import {jwtBearer} from './id-jag.ts'
import type {OAuth} from './oauth.ts'
import type {ClientRecord, TokenRecord} from './storage.ts'

export interface Paging {
  after?: string | undefined
  limit?: number | undefined
}
export interface Page<T> {
  items: T[]
  next: string | null
}

const time = (seconds: number): string => new Date(seconds * 1000).toISOString()

export class OAuthAdmin {
  readonly #oauth: OAuth

  constructor(oauth: OAuth) {
    this.#oauth = oauth
  }

  get issuer(): string {
    return this.#oauth.issuer
  }

  listKeys = (): ReturnType<OAuth['keys']['list']> => this.#oauth.keys.list()
  rotateKey = (): ReturnType<OAuth['keys']['rotate']> => this.#oauth.keys.rotate()
  registerClient = (
    metadata: Record<string, unknown>,
  ): Promise<{client_id: string; client_secret?: string}> => this.#oauth.register(metadata)

  prepareClient = (metadata: Record<string, unknown> & {client_id: string}): (() => Promise<void>) =>
    this.#oauth.prepareClient(metadata)

  /** What operators registered, with the secrets. */
  async registeredClients(): Promise<Record<string, unknown>[]> {
    const {values} = this.#oauth.storage
    const found: Record<string, unknown>[] = []
    for (const id of await values.listed('clients')) {
      const [record, metadata] = await Promise.all([
        this.#oauth.storage.client(id),
        values.get<Record<string, unknown>>('Client', id),
      ])
      if (record?.kind !== 'registered' || !metadata) continue
      const grant_types = record.grant_types.map(one => (one === jwtBearer ? 'jwt-bearer' : one))
      found.push({...metadata.value, client_id: id, grant_types})
    }
    return found
  }

  clients(paging: Paging, activeOnly: boolean): Promise<Page<OAuthClient>> {
    return this.#page('clients', paging, async id => {
      const client = await this.client(id)
      return client && (client.active || !activeOnly) ? client : undefined
    })
  }

  async client(id: string): Promise<OAuthClient | undefined> {
    const {storage} = this.#oauth
    const record = await storage.client(id)
    return record && shownClient(record, await storage.clientEnd(id))
  }

  /** False when there is none. */
  async deleteClient(id: string): Promise<boolean> {
    const {storage} = this.#oauth
    if (!(await storage.client(id))) return false
    await storage.deleteClient(id)
    return true
  }

  clientTokens(id: string, paging: Paging): Promise<Page<OAuthToken>> {
    return this.#page(`client-tokens:${id}`, paging, jti => this.token(jti))
  }

  tokens(paging: Paging, wanted: (token: OAuthToken) => boolean): Promise<Page<OAuthToken>> {
    return this.#page('tokens', paging, async jti => {
      const token = await this.token(jti)
      return token && wanted(token) ? token : undefined
    })
  }

  async token(jti: string): Promise<OAuthToken | undefined> {
    const {storage} = this.#oauth
    const token = await storage.token(jti)
    return token && shownToken(token, (await storage.client(token.client_id))?.client_name)
  }

  revokeToken(jti: string): Promise<void> {
    return this.#oauth.storage.revokeToken(jti)
  }

  sessions(paging: Paging, wanted: (session: OAuthSession) => boolean): Promise<Page<OAuthSession>> {
    return this.#page('sessions', paging, async id => {
      const session = await this.session(id)
      return session && wanted(session) ? session : undefined
    })
  }

  async session(id: string): Promise<OAuthSession | undefined> {
    const {storage, accounts} = this.#oauth
    const grant = await storage.grant(id)
    if (!grant) return undefined
    const {accountId = '', clientId = '', resources = {}, iat = 0, exp = 0} = grant
    const [account, client, tokens] = await Promise.all([
      accounts.find(accountId),
      storage.client(clientId),
      storage.values.listedCount(`granted-tokens:${id}`),
    ])
    return {
      id,
      user: account?.username ?? accountId,
      subject: accountId,
      ...(account?.email !== undefined && {email: account.email}),
      client_id: clientId,
      ...(client?.client_name !== undefined && {client_name: client.client_name}),
      resources: Object.keys(resources),
      scopes: [...new Set(Object.values(resources).flatMap(scope => scope.split(' ')))],
      created_at: time(iat),
      expires_at: time(exp),
      access_tokens: tokens,
    }
  }

  /** End a session; its person has to log in again, in every browser. */
  async revokeSession({id, subject}: OAuthSession): Promise<void> {
    await this.#oauth.storage.revokeGrant(id)
    await this.#oauth.storage.endLogins(subject)
  }

  async metrics(): Promise<OAuthMetrics> {
    const {values, revocations} = this.#oauth.storage
    const clients = await values.listed('clients')
    const records = await Promise.all(clients.map(id => this.#oauth.storage.client(id)))
    const [sessions, tokens, revoked, figures, refused] = await Promise.all([
      values.listedCount('sessions'),
      values.listedCount('tokens'),
      revocations.count(),
      values.tallies('figures'),
      values.tallies('refused'),
    ])
    return {
      clients: records.filter(Boolean).length,
      clients_active: records.filter(one => one?.last_used_at !== undefined).length,
      sessions,
      access_tokens: Math.max(0, tokens - revoked),
      revocations: revoked,
      issued: figures['issued'] ?? 0,
      refused,
    }
  }

  setup = (): Promise<OAuthSetup> => this.#oauth.setup()

  async health(): Promise<OAuthHealth> {
    const {issuer, logins} = this.#oauth
    const keys = await this.listKeys()
    const metadata = await lookAt(`${issuer}/.well-known/oauth-authorization-server`, issuer)
    const checks: OAuthHealth['checks'] = [
      {
        name: 'logins',
        ok: logins.length > 0,
        detail: logins.length > 0 ? `people log in with ${logins.join(', ')}` : 'nobody can log in',
        ...(logins.length === 0 && {
          hint: 'set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET, or OIDC_ISSUER and OIDC_CLIENT_ID',
        }),
      },
      {
        name: 'signing key',
        ok: keys.length > 0,
        detail: `${keys[0]?.alg} ${keys[0]?.kid}, ${keys.length} published`,
      },
      metadata,
    ]
    const path = (name: string): string => `${issuer}/${name}`
    return {
      ok: checks.every(({ok}) => ok),
      issuer,
      logins,
      endpoints: {
        authorization: path('authorize'),
        token: path('token'),
        registration: path('register'),
        revocation: path('revoke'),
        introspection: path('introspect'),
        jwks: path('jwks'),
        verify: path('verify'),
        login_callback: path('callback'),
      },
      checks,
    }
  }

  sessionCount(hostname: string): Promise<number> {
    return this.sessions({limit: 1000}, opens(hostname)).then(({items}) => items.length)
  }

  /** A page of a list: `after` is how far the page before went. */
  async #page<T>(
    list: string,
    {after, limit = 100}: Paging,
    load: (member: string) => Promise<T | undefined>,
  ): Promise<Page<T>> {
    const {values} = this.#oauth.storage
    const items: T[] = []
    let at = Number(after ?? 0) || 0
    for (;;) {
      const members = await values.listed(list, at, 100)
      for (const member of members) {
        if (items.length === limit) return {items, next: String(at)}
        const item = await load(member)
        at++
        if (item !== undefined) items.push(item)
      }
      if (members.length < 100) return {items, next: null}
    }
  }
}

/** Whether a session opened something on a host. */
export const opens =
  (hostname: string) =>
  ({resources}: OAuthSession): boolean =>
    resources.some(uri => URL.parse(uri)?.hostname === hostname)

/** The metadata as clients get it, over the public name. */
async function lookAt(url: string, issuer: string): Promise<OAuthHealth['checks'][number]> {
  const name = 'reachable'
  try {
    const response = await fetch(url, {signal: AbortSignal.timeout(5000), redirect: 'manual'})
    const body = (await response.json()) as {issuer?: string}
    const ok = response.status === 200 && body.issuer === issuer
    return {name, ok, detail: ok ? `${url} answers` : `${url} answers ${response.status} for ${body.issuer}`}
  } catch (error) {
    const {cause, message} = error as Error
    const hint = `point the name ${new URL(issuer).hostname} at this machine and give it a certificate`
    return {name, ok: false, detail: `${url}: ${(cause as Error | undefined)?.message ?? message}`, hint}
  }
}

const shownClient = (
  {last_used_at, client_name, scope, ...record}: ClientRecord,
  end: string | undefined,
): OAuthClient => ({
  ...record,
  ...(client_name !== undefined && {client_name}),
  ...(scope !== undefined && {scope}),
  ...(last_used_at !== undefined && {last_used_at}),
  ...(end !== undefined && {expires_at: end}),
  active: last_used_at !== undefined,
})

const shownToken = (
  {grant, iat, exp, jti, client_id, user, subject, resource, scope, active}: TokenRecord & {active: boolean},
  client_name: string | undefined,
): OAuthToken => ({
  jti,
  session: grant,
  client_id,
  ...(client_name !== undefined && {client_name}),
  user,
  subject,
  resource,
  scope,
  issued_at: time(iat),
  expires_at: time(exp),
  active,
})
