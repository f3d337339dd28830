// Handlers of who may use a proxy, and of the MCP server behind it.
import {
  authDefaults,
  mcpDefaults,
  type ProxyAuth,
  type ProxyMcp,
  type protectionOperations,
} from '../../core/contract/protection.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import type {Resource} from '../../core/contract/resource.ts'
import {Problem} from '../../core/problem.ts'
import {canonicalUri, metadataUrl, publicOrigin} from '../../core/routing/resources.ts'
import {assigned, type Caller, type FoundServer, type Handlers, merge, owned, type Parts} from './call.ts'

type Shown<K extends keyof typeof protectionOperations> = Awaited<
  ReturnType<Handlers<typeof protectionOperations>[K]>
>

export function protectionHandlers(parts: Parts): Handlers<typeof protectionOperations> {
  const {proxy: proxies} = parts.records
  const publish = mcpPublisher(parts)

  const mine = async (caller: Caller, hostname: string): Promise<ProxyTarget> =>
    owned(caller, 'proxy', hostname, await proxies.get(hostname))

  const shownAuth = (auth: ProxyAuth = authDefaults): Shown<'authShow'> => ({
    ...auth,
    auth_proxy: new URL(parts.oauth.issuer).host,
  })

  return {
    async authEnable({caller, params: {hostname}, body, revision}) {
      await mine(caller, hostname)
      const next = await proxies.update(
        hostname,
        current => merge(current, {auth: {...authDefaults, ...current.auth, ...body, enabled: true}}),
        revision,
      )
      return shownAuth(next.auth)
    },
    async authShow({caller, params}) {
      return shownAuth((await mine(caller, params.hostname)).auth)
    },
    async authDisable({caller, params: {hostname}, revision}) {
      await mine(caller, hostname)
      await proxies.update(
        hostname,
        current => (current.auth ? merge(current, {auth: {...current.auth, enabled: false}}) : current),
        revision,
      )
    },
    async mcpEnable({caller, params: {hostname}, body}) {
      const proxy = await mine(caller, hostname)
      const {public: open, ...settings} = body
      return publish.enable(caller, proxy, settings, open)
    },
    async mcpShow({caller, params}) {
      return publish.shown(await mine(caller, params.hostname))
    },
    async mcpDisable({caller, params: {hostname}}) {
      await publish.disable(await mine(caller, hostname))
    },
  }
}

interface Publisher {
  enable(
    caller: Caller,
    proxy: ProxyTarget,
    settings: Partial<ProxyMcp>,
    open: boolean | undefined,
  ): Promise<Shown<'mcpShow'>>
  disable(proxy: ProxyTarget): Promise<void>
  shown(proxy: ProxyTarget): Shown<'mcpShow'>
  /** Publish the MCP server behind a proxy if there is one; answers its resource. */
  detected(caller: Caller, proxy: ProxyTarget): Promise<Resource | undefined>
}

/** Publishes MCP servers: the proxy and its resource change together. */
export function mcpPublisher({records, store, oauth, prober}: Parts): Publisher {
  const uriOf = ({hostname}: ProxyTarget, endpoint: string): string => {
    const url = publicOrigin(oauth.issuer, hostname) + endpoint
    return canonicalUri(url) ?? url
  }

  /** Where the requests of a proxy go: its target, or the service that its name was made for. */
  const targetOf = async ({hostname, target_url}: ProxyTarget): Promise<string | undefined> => {
    if (target_url !== undefined) return target_url
    for await (const [, {target_type, target_value, hosts, path_pattern}] of records.route.all()) {
      if (target_type !== 'service' || path_pattern !== '/' || !hosts?.includes(hostname)) continue
      return (await records.instance.get(`docker-${target_value}`))?.target_url
    }
    return undefined
  }

  const look = async (proxy: ProxyTarget, endpoint: string): Promise<FoundServer | undefined> => {
    const target = await targetOf(proxy)
    return target === undefined ? undefined : prober.detect(target.replace(/\/$/, '') + endpoint)
  }

  const shown = (proxy: ProxyTarget): Shown<'mcpShow'> => {
    const mcp = proxy.mcp ?? mcpDefaults
    const resource = uriOf(proxy, mcp.endpoint)
    return {...mcp, public: !proxy.auth?.enabled, resource, metadata_url: metadataUrl(resource)}
  }

  const write = async (
    caller: Caller,
    proxy: ProxyTarget,
    mcp: ProxyMcp,
    open: boolean | undefined,
  ): Promise<ProxyTarget> => {
    const old = proxy.mcp?.enabled ? uriOf(proxy, proxy.mcp.endpoint) : undefined
    const uri = uriOf(proxy, mcp.endpoint)
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

  const withFound = (mcp: ProxyMcp, found: FoundServer | undefined): ProxyMcp => ({
    ...mcp,
    backend_implements: found?.protects ?? false,
    last_checked: new Date().toISOString(),
    ...(found && {mcp_versions: found.versions, server_info: found.serverInfo}),
  })

  return {
    shown,
    async enable(caller, proxy, settings, open) {
      const mcp = {...mcpDefaults, ...proxy.mcp, ...settings, enabled: true}
      const found = await look(proxy, mcp.endpoint)
      if (found?.protects && !mcp.override_backend && !open) {
        throw new Problem(
          'backend-protects',
          `The server behind ${proxy.hostname}${mcp.endpoint} asks for tokens of its own`,
        )
      }
      const stateful = settings.stateful ?? found?.stateful ?? mcp.stateful
      return shown(await write(caller, proxy, withFound({...mcp, stateful}, found), open))
    },
    async disable(proxy) {
      if (!proxy.mcp?.enabled) return
      const uri = uriOf(proxy, proxy.mcp.endpoint)
      const next = merge(proxy, {mcp: {...proxy.mcp, enabled: false}})
      const changes = [records.proxy.replacement(proxy.hostname, next)]
      if (await records.resource.get(uri)) changes.push(records.resource.deletion(uri))
      await store.write(changes)
    },
    async detected(caller, proxy) {
      for (const endpoint of ['/mcp', '/']) {
        const found = await look(proxy, endpoint)
        // What has OAuth of its own is left alone until somebody decides who protects it.
        if (!found || found.protects) continue
        const mcp = {...mcpDefaults, ...proxy.mcp, enabled: true, endpoint, stateful: found.stateful}
        await write(caller, proxy, {...withFound(mcp, found), auto_detected: true}, undefined)
        return records.resource.get(uriOf(proxy, endpoint))
      }
      return undefined
    },
  }
}
