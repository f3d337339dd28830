// Handlers of the authorization server's clients, sessions, access tokens, keys and figures.
import type {OAuthSession, OAuthToken, oauthOperations} from '../../core/contract/oauth.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import {publicOrigin, resourcesOf} from '../../core/routing/resources.ts'
import {type Caller, type Handlers, owned, type Parts, visibleOwner} from './call.ts'

const missing = (noun: string, key: string): Problem => new Problem('not-found', `There is no ${noun} ${key}`)
const hostOf = (uri: string): string => URL.parse(uri)?.hostname ?? ''

/** What the authorization server has against the metadata of a client (RFC 7591 §3.2.2), at its field. */
export function clientProblem(error: Error & {error_description?: string}): Problem {
  const reason = error.error_description ?? error.message
  const named = ['redirect_uris', 'grant_types', 'jwks_uri'].find(one => reason.startsWith(one))
  const field = named ?? 'scope'
  return fieldProblem(
    'invalid-request',
    field,
    reason,
    field === 'grant_types'
      ? 'switch it on first: OAUTH_CLIENT_CREDENTIALS or OAUTH_ENTERPRISE_AUTHORIZATION'
      : 'give HTTPS URLs, or http://127.0.0.1 for programs',
  )
}

export function oauthHandlers(parts: Parts): Handlers<typeof oauthOperations> {
  const {oauth, prober, records} = parts

  /** Hosts whose sessions and tokens the caller may see: of its own proxies; admin all. */
  const visibleHosts = async (caller: Caller): Promise<(uris: readonly string[]) => boolean> => {
    if (caller.admin) return () => true
    const hosts = new Set<string>()
    let after: string | undefined
    do {
      const {keys, next} = await records.proxy.keys({owner: caller.name, after, limit: 1000})
      for (const key of keys) hosts.add(key)
      after = next ?? undefined
    } while (after !== undefined)
    return uris => uris.some(uri => hosts.has(hostOf(uri)))
  }

  const sessionOf = async (caller: Caller, id: string): Promise<OAuthSession> => {
    const [session, visible] = await Promise.all([oauth.session(id), visibleHosts(caller)])
    if (!session || !visible(session.resources)) throw missing('session', id)
    return session
  }

  const tokenOf = async (caller: Caller, jti: string): Promise<OAuthToken> => {
    const [token, visible] = await Promise.all([oauth.token(jti), visibleHosts(caller)])
    if (!token || !visible([token.resource])) throw missing('access token', jti)
    return token
  }

  const statusOf = async (proxy: ProxyTarget): Promise<StatusItem> => {
    const {hostname, auth} = proxy
    const registered = await registeredAt(parts, hostname)
    const resources = resourcesOf(proxy, registered, publicOrigin(oauth.issuer, hostname))
    return {
      hostname,
      protected: auth?.enabled ?? false,
      ...(auth?.enabled && {mode: auth.mode}),
      resources: resources.map(({uri}) => uri),
      sessions: await oauth.sessionCount(hostname),
      keys: (await keysAt(parts, hostname)).length,
    }
  }

  return {
    async clientRegister({body}) {
      const made = await oauth.registerClient(body).catch(error => {
        throw clientProblem(error as Error)
      })
      const record = await oauth.client(made.client_id)
      if (!record) throw missing('client', made.client_id)
      return {...made, record}
    },
    clientList: ({query}) => oauth.clients(query, query.active_only ?? false),
    async clientShow({params}) {
      const client = await oauth.client(params.client_id)
      if (!client) throw missing('client', params.client_id)
      return client
    },
    clientTokens: ({params, query}) => oauth.clientTokens(params.client_id, query),
    async clientDelete({params}) {
      if (!(await oauth.deleteClient(params.client_id))) throw missing('client', params.client_id)
    },

    async sessionList({caller, query}) {
      const visible = await visibleHosts(caller)
      const {user, client_id} = query
      return oauth.sessions(
        query,
        one =>
          visible(one.resources) &&
          (user === undefined || one.user === user) &&
          (client_id === undefined || one.client_id === client_id),
      )
    },
    sessionShow: ({caller, params}) => sessionOf(caller, params.id),
    async sessionRevoke({caller, params}) {
      await oauth.revokeSession(await sessionOf(caller, params.id))
    },

    async tokenList({caller, query}) {
      const visible = await visibleHosts(caller)
      return oauth.tokens(query, one => visible([one.resource]))
    },
    tokenShow: ({caller, params}) => tokenOf(caller, params.jti),
    async tokenRevoke({caller, params}) {
      await oauth.revokeToken((await tokenOf(caller, params.jti)).jti)
    },

    keyList: async () => ({items: await oauth.listKeys()}),
    keyRotate: () => oauth.rotateKey(),
    metrics: () => oauth.metrics(),
    health: () => oauth.health(),
    setup: () => oauth.setup(),
    setupStatus: () => oauth.setup(),

    async status({caller, query: {hostname, ...query}}) {
      if (hostname !== undefined) {
        const proxy = owned(caller, 'proxy', hostname, await records.proxy.get(hostname))
        return {items: [await statusOf(proxy)], next: null}
      }
      const {items, next} = await records.proxy.list({...query, owner: visibleOwner(caller)})
      return {items: await Promise.all(items.map(statusOf)), next}
    },
    async proxySessions({caller, params: {hostname}, query}) {
      owned(caller, 'proxy', hostname, await records.proxy.get(hostname))
      return oauth.sessions(query, ({resources}) => resources.some(uri => hostOf(uri) === hostname))
    },
    test: ({body}) => prober.probe(body.url, body.token, {limited: false}),
  }
}

type StatusItem = Awaited<ReturnType<Handlers<typeof oauthOperations>['status']>>['items'][number]

/** Resources registered on a host. */
export async function registeredAt(
  {records}: Pick<Parts, 'records'>,
  hostname: string,
): Promise<Awaited<ReturnType<Parts['records']['resource']['list']>>['items']> {
  const found = []
  for await (const [, one] of records.resource.all()) if (one.proxy_target === hostname) found.push(one)
  return found
}

/** Ids of the keys of a proxy. */
export async function keysAt({records}: Pick<Parts, 'records'>, hostname: string): Promise<string[]> {
  const {keys} = await records.key.keys({after: `${hostname}/`, limit: 1000})
  return keys.filter(id => id.startsWith(`${hostname}/`))
}
