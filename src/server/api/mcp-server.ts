// The MCP server behind a proxy: publishing it, looking at it, and what was seen of it.
import {authDefaults, mcpDefaults, type ProxyMcp} from '../../core/contract/protection.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import type {Resource} from '../../core/contract/resource.ts'
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import {serviceUrl} from '../../core/routing/destination.ts'
import {canonicalUri, metadataUrl, publicOrigin} from '../../core/routing/resources.ts'
import {noteSeen, type Seen, seenOf} from '../../core/store/looks.ts'
import {assigned, type Caller, type FoundServer, merge, type Parts} from './call.ts'

export type PublisherParts = Pick<Parts, 'records' | 'store' | 'prober'> & {oauth: {issuer: string}}

/** Where MCP servers usually are. */
const usualEndpoint = '/mcp'
const usualEndpoints = [usualEndpoint, '/']

/** An MCP server as it is shown. */
export type ShownMcp = ProxyMcp & {public: boolean; resource: string; metadata_url: string}

/** Publishes MCP servers: the proxy and its resource change together. */
export class McpPublisher {
  readonly #parts: PublisherParts

  constructor(parts: PublisherParts) {
    this.#parts = parts
  }

  /** Throws backend-protects. */
  async enable(
    caller: Caller,
    proxy: ProxyTarget,
    settings: Partial<ProxyMcp>,
    open: boolean | undefined,
  ): Promise<ShownMcp> {
    const mcp = {...mcpDefaults, ...proxy.mcp, ...settings, enabled: true}
    const found = await this.#look(proxy, mcp.endpoint)
    if (found?.protects && !mcp.override_backend && !open) {
      throw new Problem(
        'backend-protects',
        `The server behind ${proxy.hostname}${mcp.endpoint} asks for tokens of its own`,
      )
    }
    const stateful = settings.stateful ?? found?.stateful ?? mcp.stateful
    const next = await this.#write(caller, proxy, {...mcp, stateful}, open)
    await this.#note(next, mcp.endpoint, found, undefined)
    return this.shown(next)
  }

  async disable(proxy: ProxyTarget): Promise<void> {
    if (!proxy.mcp?.enabled) return
    const {records, store} = this.#parts
    const uri = this.#uriOf(proxy, proxy.mcp.endpoint)
    const changes = [
      records.proxy.replacement(proxy.hostname, merge(proxy, {mcp: {...proxy.mcp, enabled: false}})),
    ]
    if (await records.resource.get(uri)) changes.push(records.resource.deletion(uri))
    await store.write(changes)
  }

  async shown(proxy: ProxyTarget): Promise<ShownMcp> {
    const [{mcp = mcpDefaults} = proxy] = await this.withSeen([proxy])
    const resource = this.#uriOf(proxy, mcp.endpoint)
    return {...mcp, public: !proxy.auth?.enabled, resource, metadata_url: metadataUrl(resource)}
  }

  /** The proxies with what was last seen behind them. */
  async withSeen<P extends ProxyTarget>(proxies: readonly P[]): Promise<P[]> {
    const seen = await seenOf(
      this.#parts.store,
      proxies.map(({hostname}) => hostname),
    )
    return proxies.map((proxy, index) => {
      const mcp = shownMcp(proxy.mcp, seen[index])
      return mcp ? {...proxy, mcp} : proxy
    })
  }

  /** Publish the MCP server behind a proxy, behind a login, if there is one; answers its resource. */
  async detected(caller: Caller, proxy: ProxyTarget): Promise<Resource | undefined> {
    for (const endpoint of usualEndpoints) {
      const found = await this.#look(proxy, endpoint)
      // What has OAuth of its own is left alone until somebody decides who protects it.
      if (!found || found.protects) continue
      return this.#register(caller, proxy, endpoint, found)
    }
    return undefined
  }

  /**
   * Look at what is behind a proxy, and note it. What is found behind a login is published there; a proxy that is open
   * stays as it is: who may use it is never changed behind somebody's back.
   */
  async lookAgain(proxy: ProxyTarget, before: Seen | undefined, signal: AbortSignal): Promise<Seen> {
    const endpoint = proxy.mcp?.endpoint ?? usualEndpoint
    const found = await this.#look(proxy, endpoint, signal)
    signal.throwIfAborted()
    const seen = await this.#note(proxy, endpoint, found, before)
    if (found && !found.protects && !proxy.mcp && proxy.auth?.enabled) {
      const owner = {name: proxy.owner, admin: proxy.owner === adminName, loopback: true}
      await this.#register(owner, proxy, endpoint, found)
    }
    return seen
  }

  async #register(
    caller: Caller,
    proxy: ProxyTarget,
    endpoint: string,
    found: FoundServer,
  ): Promise<Resource | undefined> {
    const {stateful} = found
    const mcp = {...mcpDefaults, ...proxy.mcp, enabled: true, endpoint, stateful, auto_detected: true}
    await this.#write(caller, proxy, mcp, undefined)
    await this.#note(proxy, endpoint, found, undefined)
    return this.#parts.records.resource.get(this.#uriOf(proxy, endpoint))
  }

  /** Where the requests of a proxy go: its target, or the service that its name was made for. */
  async targetOf({hostname, target_url}: ProxyTarget): Promise<string | undefined> {
    if (target_url !== undefined) return target_url
    const {route, service: services} = this.#parts.records
    for await (const [, {target_type, target_value, hosts, path_pattern}] of route.all()) {
      if (target_type !== 'service' || path_pattern !== '/' || !hosts?.includes(hostname)) continue
      const service = await services.get(target_value)
      return service && serviceUrl(service)
    }
    return undefined
  }

  async #look(proxy: ProxyTarget, endpoint: string, signal?: AbortSignal): Promise<FoundServer | undefined> {
    const target = await this.targetOf(proxy)
    if (target === undefined) return undefined
    // A service of ours is at an address that nobody else could name.
    const limited = proxy.owner !== adminName && proxy.target_url !== undefined
    return this.#parts.prober.detect(target.replace(/\/$/, '') + endpoint, {limited, ...(signal && {signal})})
  }

  async #note(
    proxy: ProxyTarget,
    endpoint: string,
    found: FoundServer | undefined,
    before: Seen | undefined,
  ): Promise<Seen> {
    const url = proxy.target_url ?? ''
    const known = before?.url === url && before.endpoint === endpoint ? before : undefined
    const seen: Seen = {
      ...known,
      url,
      endpoint,
      at: new Date().toISOString(),
      found: found !== undefined,
      misses: found ? 0 : (known?.misses ?? 0) + 1,
      ...(found && {
        // Behind its own login it says neither.
        ...(found.versions.length > 0 && {versions: found.versions, server_info: found.serverInfo}),
        stateful: found.stateful,
        protects: found.protects,
      }),
    }
    await noteSeen(this.#parts.store, proxy.hostname, seen)
    return seen
  }

  async #write(
    caller: Caller,
    proxy: ProxyTarget,
    mcp: ProxyMcp,
    open: boolean | undefined,
  ): Promise<ProxyTarget> {
    const {records, store} = this.#parts
    const old = proxy.mcp?.enabled ? this.#uriOf(proxy, proxy.mcp.endpoint) : undefined
    const uri = this.#uriOf(proxy, mcp.endpoint)
    const auth = {...authDefaults, ...proxy.auth, enabled: open === undefined ? true : !open}
    // MCP servers check their Host: it is theirs, unless somebody asked otherwise.
    const next = merge(proxy, {mcp, auth, ...(!proxy.mcp && {preserve_host_header: false})})
    const known = await records.resource.get(uri)
    const resource = {
      ...(known ?? assigned(caller)),
      uri,
      proxy_target: proxy.hostname,
      scopes: mcp.scopes,
      metadata_url: metadataUrl(uri),
      updated_at: next.updated_at,
    }
    const changes = [
      records.proxy.replacement(proxy.hostname, next),
      known
        ? records.resource.replacement(uri, resource as Resource)
        : records.resource.creation(uri, resource),
    ]
    if (old !== undefined && old !== uri && (await records.resource.get(old)))
      changes.push(records.resource.deletion(old))
    await store.write(changes)
    return next
  }

  #uriOf({hostname}: ProxyTarget, endpoint: string): string {
    const url = publicOrigin(this.#parts.oauth.issuer, hostname) + endpoint
    return canonicalUri(url) ?? url
  }
}

/** The settings with what was seen at their endpoint; of what nobody has published, only when a server was found. */
function shownMcp(mcp: ProxyMcp | undefined, seen: Seen | undefined): ProxyMcp | undefined {
  if (!seen || (mcp && mcp.endpoint !== seen.endpoint) || (!mcp && !seen.found)) return mcp
  const {versions, server_info, protects = false, at} = seen
  return {
    ...(mcp ?? {...mcpDefaults, stateful: seen.stateful ?? false, auto_detected: true}),
    backend_implements: protects,
    last_checked: at,
    ...(versions && {mcp_versions: versions}),
    ...(server_info && {server_info}),
  }
}
