// What goes with a proxy when it is deleted or changed by one press of a button, kept so that it can be put back.
import {proxyOperations} from '../../core/contract/proxy.ts'
import {resourceOperations} from '../../core/contract/resource.ts'
import {routeOperations} from '../../core/contract/route.ts'
import type {Operation} from '../../core/operation.ts'
import {all, call, type Document} from './client.ts'
import {applyAll, type Documents, documentOf} from './document.ts'
import {asField, same} from './schema.ts'

const {list, show, routeList, routeMode} = proxyOperations
const nouns = {
  proxy: {prefix: 'proxy', create: proxyOperations.create.id},
  resource: {prefix: 'resource', create: resourceOperations.register.id},
  route: {prefix: 'route', create: routeOperations.create.id},
}

/** Puts back what was there. */
export type Back = () => Promise<unknown>

const shown = async (hostname: string): Promise<Document> =>
  (await call(show, {params: {hostname}})) as Document

const resourcesOf = async (hostname: string): Promise<Document[]> =>
  (await all(resourceOperations.list)).filter(({proxy_target: proxy}) => proxy === hostname)

/** Routes that are only of this proxy and lead to a service go with it. */
async function serviceRoutesOf(hostname: string): Promise<Document[]> {
  const routes = await all(routeOperations.list)
  return routes.filter(
    ({target_type: type, hosts}) =>
      type === 'service' && (hosts as string[] | undefined)?.join() === hostname,
  )
}

/** A proxy with everything that is nothing without it, as documents. */
export async function wholeProxy(record: Document): Promise<Documents> {
  const hostname = String(record['hostname'])
  const [resources, routes] = await Promise.all([resourcesOf(hostname), serviceRoutesOf(hostname)])
  return {
    resource: resources.map(one => documentOf(nouns.resource, one)),
    proxy: [documentOf(nouns.proxy, record)],
    route: routes.map(one => documentOf(nouns.route, one)),
  }
}

/** Keeps a part of a proxy: `auth`, its login, or `mcp`, with its resource. What else is changed meanwhile stays. */
export async function keptPart(hostname: string, part: string): Promise<Back> {
  const [before, resources] = await Promise.all([shown(hostname), resourcesOf(hostname)])
  return async () => {
    const [now, left] = await Promise.all([shown(hostname), resourcesOf(hostname)])
    const gone = resources.filter(({uri}) => !left.some(one => one['uri'] === uri))
    await applyAll({
      // First, so that it is there, with its name and owner, when its server is published.
      resource: gone.map(one => documentOf(nouns.resource, one)),
      proxy: [documentOf(nouns.proxy, {...now, [part]: before[part]})],
    })
  }
}

/** Puts back a part of a proxy that was changed, as it was shown before. */
export const partBack =
  (hostname: string, part: string, before: Document): Back =>
  async () =>
    applyAll({proxy: [documentOf(nouns.proxy, {...(await shown(hostname)), [part]: before})]})

/** Puts back the fields that a form has changed; what else is changed meanwhile stays. */
export function fieldsBack(operation: Operation, params: Document, before: Document, after: Document): Back {
  const fields = Object.keys(asField(operation.body).properties ?? {})
  const changed = fields.filter(field => !same(before[field], after[field]))
  const body = Object.fromEntries(changed.map(field => [field, before[field] ?? null]))
  return () => call(operation, {params, body})
}

/** Keeps which proxies are MCP servers and who may use them; puts those named back. */
export async function keptServers(): Promise<(hostnames: readonly string[]) => Promise<unknown>> {
  const before = await all(list)
  const off = {enabled: false}
  return hostnames =>
    applyAll({
      proxy: before
        .filter(({hostname}) => hostnames.includes(String(hostname)))
        .map(({mcp = off, auth = off, ...rest}) => documentOf(nouns.proxy, {...rest, mcp, auth})),
    })
}

/** Keeps which routes apply to a proxy. */
export async function keptRoutes(hostname: string): Promise<Back> {
  const params = {hostname}
  const {route_mode, enabled_routes, disabled_routes} = await call(routeList, {params})
  return () => call(routeMode, {params, body: {route_mode, enabled_routes, disabled_routes}})
}
