// What the authorization server keeps: codes, tokens, grants, browser logins and clients, each with the time it lives.
import {type Adapter, type AdapterPayload, errors} from 'oidc-provider'
import type {Config} from '../../core/config.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import type {ExpiringValues} from '../../core/store/expiring.ts'
import type {Revocations} from '../../core/store/revocations.ts'

/** An access token as recorded: JWTs are not kept by the library. */
export interface TokenRecord {
  jti: string
  grant: string
  client_id: string
  subject: string
  user: string
  resource: string
  scope: string
  iat: number
  exp: number
}

/** What is known of a client beside its metadata. */
export interface ClientRecord {
  client_id: string
  kind: 'registered' | 'dynamic' | 'document'
  client_name?: string | undefined
  redirect_uris: string[]
  scope?: string | undefined
  token_endpoint_auth_method: string
  grant_types: string[]
  created_at: string
  last_used_at?: string
}

export interface GrantPayload extends AdapterPayload {
  accountId?: string
  clientId?: string
  resources?: Record<string, string>
}

type StorageConfig = Pick<Config, 'OAUTH_REFRESH_TOKEN_LIFETIME' | 'OAUTH_CLIENT_LIFETIME'>

/** Seconds a registration lives that nobody has logged in with. */
const unusedClient = 24 * 3600
/** Seconds in which a refresh token may be used again: clients refresh concurrently, and answers get lost. */
const grace = 30
const forever = 4_102_444_800
const day = 24 * 3600
const seconds = (): number => Math.floor(Date.now() / 1000)

/** Models that belong to a grant and end with it. */
const granted = new Set(['AuthorizationCode', 'RefreshToken'])

export interface StorageOptions {
  values: ExpiringValues
  revocations: Revocations
  config: StorageConfig
  /** The proxy of a hostname, whose browser logins are a client of their own. */
  proxy: (hostname: string) => Promise<ProxyTarget | undefined>
  /** Metadata of the client that logs browsers in at a proxy. */
  proxyClient: (proxy: ProxyTarget) => AdapterPayload | undefined
}

export class Storage {
  readonly values: ExpiringValues
  readonly revocations: Revocations
  readonly #config: StorageConfig
  readonly #options: StorageOptions

  constructor(options: StorageOptions) {
    this.#options = options
    this.values = options.values
    this.revocations = options.revocations
    this.#config = options.config
  }

  /** The adapter of one model of oidc-provider. */
  adapter(model: string): Adapter {
    return {
      upsert: (id, payload, expiresIn) => this.#upsert(model, id, payload, expiresIn),
      find: id => this.#find(model, id),
      findByUserCode: async () => undefined,
      findByUid: uid => this.#findByUid(uid),
      consume: id => this.#consume(model, id),
      destroy: id => this.#destroy(model, id),
      revokeByGrantId: id => this.revokeGrantTokens(id),
    }
  }

  async #upsert(
    model: string,
    id: string,
    payload: AdapterPayload,
    expiresIn: number | undefined,
  ): Promise<void> {
    if (model === 'Client') return this.#putClient(id, payload)
    await this.values.put(model, id, payload, expiresIn)
    const until = seconds() + (expiresIn ?? 0)
    if (model === 'Session' && payload.uid !== undefined) {
      await this.values.put('SessionUid', payload.uid, id, expiresIn)
      if (payload.accountId !== undefined)
        await this.values.list(`logins:${payload.accountId}`, payload.uid, until)
    }
    if (model === 'Grant') await this.#listGrant(id, payload as GrantPayload, until)
    if (granted.has(model) && payload.grantId !== undefined) {
      await this.values.list(`granted:${payload.grantId}`, this.values.reference(model, id), until)
      if (model === 'RefreshToken') await this.#prolongGrant(payload.grantId, until)
      if (await this.isRevoked(payload.grantId)) await this.values.delete(model, id)
    }
  }

  async #find(model: string, id: string): Promise<AdapterPayload | undefined> {
    if (model === 'Client' && id.startsWith('proxy:')) {
      const proxy = await this.#options.proxy(id.slice('proxy:'.length))
      return proxy && this.#options.proxyClient(proxy)
    }
    if (model === 'AccessToken') return this.#recordedToken(id)
    const found = await this.values.get<AdapterPayload>(model, id)
    if (!found) return undefined
    const {value, consumed} = found
    if (consumed === undefined) return value
    const forgiven = model === 'RefreshToken' && Date.now() - consumed < grace * 1000
    return forgiven ? value : {...value, consumed: Math.floor(consumed / 1000)}
  }

  /** An access token by its id, as the library keeps opaque ones: so it introspects and revokes ours. */
  async #recordedToken(jti: string): Promise<AdapterPayload | undefined> {
    const token = await this.token(jti)
    if (!token?.active) return undefined
    const {client_id, subject, grant, resource, scope, iat, exp} = token
    return {
      kind: 'AccessToken',
      jti,
      clientId: client_id,
      accountId: subject,
      grantId: grant,
      aud: resource,
      scope,
      iat,
      exp,
    }
  }

  async #findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const id = await this.values.get<string>('SessionUid', uid)
    return id && this.#find('Session', id.value)
  }

  /** The loser of a race gets invalid_grant, and for a code, which two parties then hold, everything granted ends. */
  async #consume(model: string, id: string): Promise<void> {
    const outcome = await this.values.consume(model, id)
    if (outcome === 'first') return
    if (model === 'RefreshToken' && outcome !== 'gone' && Date.now() - outcome < grace * 1000) return
    const grantId = (await this.values.get<AdapterPayload>(model, id))?.value.grantId
    if (grantId !== undefined) await this.revokeGrant(grantId)
    throw new errors.InvalidGrant(`${model} was used before`)
  }

  async #destroy(model: string, id: string): Promise<void> {
    if (model === 'Client') return this.deleteClient(id)
    if (model === 'Grant') return this.revokeGrant(id)
    if (model === 'AccessToken') return this.revokeToken(id)
    if (model === 'Session') {
      const session = await this.values.get<AdapterPayload>('Session', id)
      const {uid, accountId} = session?.value ?? {}
      const current = uid === undefined ? undefined : await this.values.get<string>('SessionUid', uid)
      if (uid !== undefined && current?.value === id) {
        await this.values.delete('SessionUid', uid)
        if (accountId !== undefined) await this.values.unlist(`logins:${accountId}`, uid)
      }
    }
    await this.values.delete(model, id)
  }

  async #listGrant(id: string, payload: GrantPayload, until: number): Promise<void> {
    const {accountId = '', clientId = ''} = payload
    await this.values.put('GrantOf', `${accountId} ${clientId}`, id, until - seconds())
    await Promise.all([
      this.values.list('sessions', id, until),
      this.values.list(`client-sessions:${clientId}`, id, until),
      this.values.list(`account-sessions:${accountId}`, id, until),
    ])
  }

  /** A grant lives as long as its newest refresh token. */
  async #prolongGrant(id: string, until: number): Promise<void> {
    const grant = await this.values.get<GrantPayload>('Grant', id)
    if (!grant || (grant.value.exp ?? 0) >= until) return
    await this.#upsert('Grant', id, {...grant.value, exp: until}, until - seconds())
  }

  async grant(id: string): Promise<GrantPayload | undefined> {
    return (await this.values.get<GrantPayload>('Grant', id))?.value
  }

  /** The grant that a person gave a client, if it still holds. */
  async grantOf(accountId: string, clientId: string): Promise<string | undefined> {
    return (await this.values.get<string>('GrantOf', `${accountId} ${clientId}`))?.value
  }

  /** End a grant: nothing issued under it holds any longer, and consent is asked for again. */
  async revokeGrant(id: string): Promise<void> {
    const grant = await this.grant(id)
    await this.revokeGrantTokens(id)
    await this.values.delete('Grant', id)
    await this.values.unlist('sessions', id)
    if (!grant) return
    const {accountId = '', clientId = ''} = grant
    await this.values.unlist(`client-sessions:${clientId}`, id)
    await this.values.unlist(`account-sessions:${accountId}`, id)
    if ((await this.grantOf(accountId, clientId)) === id)
      await this.values.delete('GrantOf', `${accountId} ${clientId}`)
  }

  /** Revoke all access and refresh tokens and codes of a grant. What is issued meanwhile sees the mark and ends as well. */
  async revokeGrantTokens(id: string): Promise<void> {
    await this.values.put('GrantRevoked', id, true, this.#config.OAUTH_REFRESH_TOKEN_LIFETIME)
    const [references, tokens] = await Promise.all([
      this.values.listed(`granted:${id}`),
      this.values.listed(`granted-tokens:${id}`),
    ])
    await this.values.deleteReferences(references)
    await this.revocations.revoke(tokens.map(ending))
    await Promise.all([this.values.drop(`granted:${id}`), this.values.drop(`granted-tokens:${id}`)])
  }

  async isRevoked(grantId: string): Promise<boolean> {
    return (await this.values.get('GrantRevoked', grantId)) !== undefined
  }

  /** End the browser logins of a person, so that the next visit asks who it is. */
  async endLogins(accountId: string): Promise<void> {
    for (const uid of await this.values.listed(`logins:${accountId}`)) {
      const id = await this.values.get<string>('SessionUid', uid)
      if (id) await this.#destroy('Session', id.value)
    }
  }

  /** End the logins of a person at proxies, which live in the same browser. */
  async endBrowserGrants(accountId: string): Promise<void> {
    for (const id of await this.values.listed(`account-sessions:${accountId}`)) {
      const grant = await this.grant(id)
      if (grant?.clientId?.startsWith('proxy:')) await this.revokeGrant(id)
    }
  }

  async recordToken(token: TokenRecord): Promise<void> {
    await this.values.put('Token', token.jti, token, token.exp - seconds())
    await this.values.list('tokens', token.jti, token.exp)
    await this.values.list(`client-tokens:${token.client_id}`, token.jti, token.exp)
    await this.values.tally('figures', 'issued')
    // A client's own token has no person and so no grant.
    if (token.grant !== '') {
      await this.values.list(`granted-tokens:${token.grant}`, `${token.exp} ${token.jti}`, token.exp)
      if (await this.isRevoked(token.grant)) await this.revocations.revoke([token])
    }
    await this.useClient(token.client_id)
  }

  async token(jti: string): Promise<(TokenRecord & {active: boolean}) | undefined> {
    const found = await this.values.get<TokenRecord>('Token', jti)
    return found && {...found.value, active: !(await this.revocations.has(jti))}
  }

  async revokeToken(jti: string): Promise<void> {
    const token = await this.token(jti)
    if (token) await this.revocations.revoke([token])
  }

  /** Keep a client: registered by itself, so it has to be used within a day. */
  async #putClient(id: string, payload: AdapterPayload): Promise<void> {
    const known = await this.client(id)
    const record: ClientRecord = {
      client_id: id,
      kind: 'dynamic',
      created_at: new Date().toISOString(),
      ...known,
      ...described(payload),
    }
    await this.keepClient(record, payload)
  }

  async keepClient(record: ClientRecord, payload?: AdapterPayload): Promise<void> {
    const lifetime = this.#lifetime(record)
    if (payload) await this.values.put('Client', record.client_id, payload, lifetime)
    await this.values.put('ClientRecord', record.client_id, record, lifetime)
    await this.values.list(
      'clients',
      record.client_id,
      lifetime === undefined ? forever : seconds() + lifetime,
    )
  }

  #lifetime({kind, last_used_at}: ClientRecord): number | undefined {
    if (kind === 'registered') return undefined
    return last_used_at === undefined ? unusedClient : this.#config.OAUTH_CLIENT_LIFETIME * day
  }

  async client(id: string): Promise<ClientRecord | undefined> {
    return (await this.values.get<ClientRecord>('ClientRecord', id))?.value
  }

  /** When a client is forgotten unless used (RFC 3339). */
  async clientEnd(id: string): Promise<string | undefined> {
    const rest = await this.values.lifetime('ClientRecord', id)
    return rest === undefined ? undefined : new Date(Date.now() + rest * 1000).toISOString()
  }

  /** Note that a client was used, which keeps it for another while. */
  async useClient(id: string): Promise<void> {
    const known = await this.client(id)
    if (!known) return
    const record = {...known, last_used_at: new Date().toISOString()}
    const payload = await this.values.get<AdapterPayload>('Client', id)
    await this.keepClient(record, payload?.value)
  }

  /** Take a metadata document as a client somebody consented to. */
  async noteDocument(metadata: AdapterPayload & {client_id: string}): Promise<void> {
    const known = await this.client(metadata.client_id)
    await this.keepClient({
      client_id: metadata.client_id,
      kind: 'document',
      created_at: new Date().toISOString(),
      ...known,
      ...described(metadata),
    })
  }

  async deleteClient(id: string): Promise<void> {
    for (const grant of await this.values.listed(`client-sessions:${id}`)) await this.revokeGrant(grant)
    for (const jti of await this.values.listed(`client-tokens:${id}`)) await this.revokeToken(jti)
    await this.values.delete('Client', id)
    await this.values.delete('ClientRecord', id)
    await this.values.unlist('clients', id)
  }
}

const ending = (text: string): {jti: string; exp: number} => {
  const at = text.indexOf(' ')
  return {exp: Number(text.slice(0, at)), jti: text.slice(at + 1)}
}

/** What is shown of a client's metadata (RFC 7591 §2). */
function described(
  metadata: AdapterPayload,
): Pick<
  ClientRecord,
  'client_name' | 'redirect_uris' | 'scope' | 'token_endpoint_auth_method' | 'grant_types'
> {
  const {client_name, redirect_uris, scope, token_endpoint_auth_method, grant_types} =
    metadata as Partial<ClientRecord>
  return {
    ...(client_name !== undefined && {client_name}),
    redirect_uris: redirect_uris ?? [],
    ...(scope !== undefined && {scope}),
    token_endpoint_auth_method: token_endpoint_auth_method ?? 'client_secret_basic',
    grant_types: grant_types ?? ['authorization_code'],
  }
}
