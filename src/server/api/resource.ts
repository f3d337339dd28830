// Handlers of resource.
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import type {Resource, resourceOperations} from '../../core/contract/resource.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import {canonicalUri, metadataUrl, pathOf, publicOrigin} from '../../core/routing/resources.ts'
import {assigned, type Caller, type Handlers, merge, owned, type Parts, visibleOwner} from './call.ts'
import {McpPublisher} from './mcp-server.ts'

export function resourceHandlers(parts: Parts): Handlers<typeof resourceOperations> {
  const {resource: resources, proxy: proxies} = parts.records
  const publisher = new McpPublisher(parts)

  const mine = async (caller: Caller, text: string): Promise<Resource> => {
    const uri = canonicalUri(text) ?? text
    return owned(caller, 'resource', uri, await resources.get(uri))
  }

  /** The resource as it is kept: its URL must be one of the proxy it names. */
  const checked = async (caller: Caller, text: string, hostname: string): Promise<string> => {
    const uri = canonicalUri(text)
    if (uri === undefined) throw fieldProblem('invalid-request', 'uri', `\`${text}\` is not a URL`)
    const proxy = await proxies.get(hostname)
    if (!proxy || !(caller.admin || proxy.owner === caller.name))
      throw new Problem('reference-unknown', `There is no proxy ${hostname}`)
    const origin = publicOrigin(parts.oauth.issuer, hostname)
    if (new URL(uri).origin !== origin) {
      throw fieldProblem(
        'invalid-request',
        'uri',
        `\`${text}\` is not on ${hostname}`,
        `give a URL that begins with ${origin}`,
      )
    }
    return uri
  }

  /** A proxy whose own MCP endpoint this is keeps its scopes in step. */
  const inStep = async (resource: Resource): Promise<void> => {
    const proxy = await proxies.get(resource.proxy_target)
    if (!proxy?.mcp?.enabled || pathOf(resource.uri) !== pathOf(`http://any${proxy.mcp.endpoint}`)) return
    await proxies.update(resource.proxy_target, current =>
      current.mcp ? merge(current, {mcp: {...current.mcp, scopes: resource.scopes}}) : current,
    )
  }

  return {
    async register({caller, body}) {
      const uri = await checked(caller, body.uri, body.proxy_target)
      const scopes = body.scopes ?? []
      return resources.create(uri, {
        ...body,
        uri,
        scopes,
        metadata_url: metadataUrl(uri),
        ...assigned(caller),
      })
    },
    list: ({caller, query}) => resources.list({...query, owner: visibleOwner(caller)}),
    show: ({caller, params}) => mine(caller, params.uri),
    async update({caller, params, body, revision}) {
      const before = await mine(caller, params.uri)
      if (body.proxy_target !== undefined) await checked(caller, before.uri, body.proxy_target)
      const next = await resources.update(before.uri, current => merge(current, body), revision)
      if (body.scopes !== undefined) await inStep(next)
      return next
    },
    async delete({caller, params, revision}) {
      const {uri} = await mine(caller, params.uri)
      await resources.delete(uri, revision)
    },
    async validate({caller, params, body}) {
      const {uri} = await mine(caller, params.uri)
      const own = [new URL(uri).origin, parts.oauth.issuer]
      return parts.prober.probe(uri, body.token, {limited: !caller.admin, own})
    },
    async autoRegister({caller, body}) {
      const wanted: ProxyTarget[] = []
      if (body.hostname !== undefined) {
        wanted.push(owned(caller, 'proxy', body.hostname, await proxies.get(body.hostname)))
      } else {
        for await (const [, proxy] of proxies.all())
          if (caller.admin || proxy.owner === caller.name) wanted.push(proxy)
      }
      const registered: Resource[] = []
      for (const proxy of wanted) {
        const found = proxy.mcp?.enabled ? undefined : await publisher.detected(caller, proxy)
        if (found) registered.push(found)
      }
      return {looked_at: wanted.length, registered}
    },
  }
}
