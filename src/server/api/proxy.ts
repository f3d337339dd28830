// Handlers of proxy.
import {connect, isIP} from 'node:net'
import {isPublicAddress, NotPublic, publicLookup} from '../../core/address.ts'
import type {ProxyTarget, proxyOperations} from '../../core/contract/proxy.ts'
import type {Route} from '../../core/contract/route.ts'
import {adminName} from '../../core/contract/token.ts'
import {applies} from '../../core/routing/match.ts'
import {comesFirst} from '../../core/routing/table.ts'
import {forgetSeen} from '../../core/store/looks.ts'
import {type Caller, type Handlers, merge, owned, type Parts, visibleOwner} from './call.ts'
import {orderCertificate, shownCertificate} from './certificate.ts'
import {McpPublisher} from './mcp-server.ts'
import {keysAt, registeredAt} from './oauth.ts'
import {checkCertificate, deleteCertificate, named, proxyCoverage} from './proxy-certificate.ts'
import {checkHeaders, proxyCreation, routesNamed} from './proxy-creation.ts'
import {testProxy} from './proxy-test.ts'
import {serviceRoutesAt} from './service-route.ts'
import {checkTarget} from './targets.ts'

type Routes = Awaited<ReturnType<Handlers<typeof proxyOperations>['routeList']>>

/** Try to open a TCP connection, for at most 3 seconds; as the gateway does, to where the owner may reach. */
function reach({owner}: ProxyTarget, text: string): Promise<{url: string; healthy: boolean; detail: string}> {
  const url = new URL(text)
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  return new Promise(resolve => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const limited = owner !== adminName
    if (limited && isIP(host) !== 0 && !isPublicAddress(host)) {
      resolve({url: text, healthy: false, detail: new NotPublic(host).message})
      return
    }
    const socket = connect({host, port, timeout: 3000, ...(limited && {lookup: publicLookup})})
    const end = (healthy: boolean, detail: string): void => {
      socket.destroy()
      resolve({url: text, healthy, detail})
    }
    socket.once('connect', () => end(true, 'accepts connections'))
    socket.once('timeout', () => end(false, 'no answer within 3 seconds'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(false, error.code ?? error.message))
  })
}

export function proxyHandlers(parts: Parts): Handlers<typeof proxyOperations> {
  const {proxy: proxies, route: routes} = parts.records
  const publisher = new McpPublisher(parts)

  const mine = async (caller: Caller, hostname: string): Promise<ProxyTarget> =>
    owned(caller, 'proxy', hostname, await proxies.get(hostname))

  const change = async (
    caller: Caller,
    hostname: string,
    body: object,
    revision: number | undefined,
    requires: string[] = [],
  ): Promise<ProxyTarget> => {
    await mine(caller, hostname)
    return proxies.update(
      hostname,
      current => merge(owned(caller, 'proxy', hostname, current), body),
      revision,
      requires,
    )
  }

  /** Every route whose host scope holds the proxy, first tried first. */
  const routesOf = async (proxy: ProxyTarget): Promise<Route[]> => {
    const found: Route[] = []
    for await (const [, route] of routes.all()) {
      const inScope = route.hosts
        ? route.hosts.includes('*') || route.hosts.includes(proxy.hostname)
        : route.owner === proxy.owner
      if (inScope) found.push(route)
    }
    return found.sort((one, other) => (comesFirst(one, other) ? -1 : 1))
  }

  const describeRoutes = async (proxy: ProxyTarget): Promise<Routes> => {
    const {route_mode, enabled_routes, disabled_routes} = proxy
    const applicable_routes = (await routesOf(proxy)).filter(route => route.enabled && applies(proxy, route))
    return {route_mode, enabled_routes, disabled_routes, applicable_routes}
  }

  const without = (list: readonly string[], id: string): string[] => list.filter(one => one !== id)
  const withOne = (list: readonly string[], id: string): string[] => [...without(list, id), id]

  /** Let a route apply, or not, in the way the route mode counts. */
  const allow = async (
    caller: Caller,
    hostname: string,
    id: string,
    allowed: boolean,
    revision: number | undefined,
  ): Promise<Routes> => {
    await mine(caller, hostname)
    const requires = await routesNamed(parts, caller, hostname, {
      [allowed ? 'enabled_routes' : 'disabled_routes']: [id],
    })
    const next = await proxies.update(
      hostname,
      current =>
        merge(current, {
          enabled_routes: allowed ? withOne(current.enabled_routes, id) : without(current.enabled_routes, id),
          disabled_routes: allowed
            ? without(current.disabled_routes, id)
            : withOne(current.disabled_routes, id),
        }),
      revision,
      requires,
    )
    return describeRoutes(next)
  }

  return {
    async create({caller, body}) {
      const {proxy, changes} = await proxyCreation(parts, caller, body)
      const [revision = 0] = await parts.store.write(changes)
      const coverage = await proxyCoverage(parts, proxy)
      return {...proxy, revision, ...(coverage && {coverage})}
    },

    async list({caller, query}) {
      const {items, next} = await proxies.list({...query, owner: visibleOwner(caller)})
      return {items: await publisher.withSeen(items), next}
    },

    async show({caller, params: {hostname}}) {
      const [proxy] = (await publisher.withSeen([await mine(caller, hostname)])) as [ProxyTarget]
      const [upstream, coverage] = await Promise.all([
        proxy.target_url === undefined ? undefined : reach(proxy, proxy.target_url),
        proxyCoverage(parts, proxy),
      ])
      return {...proxy, ...(upstream && {upstream}), ...(coverage && {coverage})}
    },

    async test({caller, params: {hostname}}) {
      return testProxy(parts, await mine(caller, hostname))
    },

    async update({caller, params: {hostname}, body, revision}) {
      if (typeof body.certificate === 'string') {
        await mine(caller, hostname)
        await checkCertificate(parts, caller, hostname, body.certificate)
      }
      if (typeof body.target_url === 'string') {
        await mine(caller, hostname)
        await checkTarget(parts, caller, 'target_url', body.target_url)
      }
      checkHeaders(body.custom_headers)
      return change(caller, hostname, body, revision, await routesNamed(parts, caller, hostname, body))
    },

    enable: ({caller, params, revision}) => change(caller, params.hostname, {enabled: true}, revision),
    disable: ({caller, params, revision}) => change(caller, params.hostname, {enabled: false}, revision),

    async delete({caller, params: {hostname}, query, revision}) {
      const {certificate = hostname} = await mine(caller, hostname)
      // Keys, resources and the routes of its services are nothing without their proxy.
      const published = await serviceRoutesAt(parts, hostname)
      const keys = await keysAt(parts, hostname)
      const resources = await registeredAt(parts, hostname)
      await parts.store.write([
        proxies.deletion(hostname, revision),
        ...published.map(id => routes.deletion(id)),
        ...keys.map(id => parts.records.key.deletion(id)),
        ...resources.map(({uri}) => parts.records.resource.deletion(uri)),
      ])
      await forgetSeen(parts.store, hostname)
      if (query.delete_certificate) await deleteCertificate(parts, caller, certificate)
    },

    async certAttach({caller, params: {hostname}, body: {cert_name}, revision}) {
      await mine(caller, hostname)
      await checkCertificate(parts, caller, hostname, cert_name)
      return change(caller, hostname, {certificate: cert_name}, revision)
    },

    async certGenerate({caller, params: {hostname}, body}) {
      await mine(caller, hostname)
      const order = await orderCertificate(parts, caller, {...body, ...named(hostname)})
      return shownCertificate(await parts.records.certificate.create(order.cert_name, order))
    },

    async routeList({caller, params: {hostname}}) {
      return describeRoutes(await mine(caller, hostname))
    },

    async routeMode({caller, params: {hostname}, body, revision}) {
      const requires = await routesNamed(parts, caller, hostname, body)
      return describeRoutes(await change(caller, hostname, body, revision, requires))
    },

    routeEnable: ({caller, params, revision}) =>
      allow(caller, params.hostname, params.route_id, true, revision),
    routeDisable: ({caller, params, revision}) =>
      allow(caller, params.hostname, params.route_id, false, revision),
  }
}
