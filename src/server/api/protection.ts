// Handlers of who may use a proxy, and of the MCP server behind it.
import {authDefaults, type ProxyAuth, type protectionOperations} from '../../core/contract/protection.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import {type Caller, type Handlers, merge, owned, type Parts} from './call.ts'
import {McpPublisher} from './mcp-server.ts'

type Shown<K extends keyof typeof protectionOperations> = Awaited<
  ReturnType<Handlers<typeof protectionOperations>[K]>
>

export function protectionHandlers(parts: Parts): Handlers<typeof protectionOperations> {
  const {proxy: proxies} = parts.records
  const publisher = new McpPublisher(parts)

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
      return publisher.enable(caller, proxy, settings, open)
    },
    async mcpShow({caller, params}) {
      return publisher.shown(await mine(caller, params.hostname))
    },
    async mcpDisable({caller, params: {hostname}}) {
      await publisher.disable(await mine(caller, hostname))
    },
  }
}
