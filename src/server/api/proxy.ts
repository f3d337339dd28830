// Handlers of proxy.
import {connect, isIP} from 'node:net'
import {isPublicAddress, NotPublic, publicLookup} from '../../core/address.ts'
import type {ProxyTarget, proxyOperations} from '../../core/contract/proxy.ts'
import type {Route} from '../../core/contract/route.ts'
import {adminName} from '../../core/contract/token.ts'
import {fieldProblem} from '../../core/problem.ts'
import {applies} from '../../core/routing/match.ts'
import {comesFirst} from '../../core/routing/table.ts'
import {assigned, type Caller, type Handlers, merge, owned, type Parts, visibleOwner} from './call.ts'
import {orderCertificate, shownCertificate} from './certificate.ts'
import {keysAt, registeredAt} from './oauth.ts'
import {checkCertificate, deleteCertificate, firstCertificate, named} from './proxy-certificate.ts'
import {testProxy} from './proxy-test.ts'
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
  const {BASE_DOMAIN} = parts.config

  const authHost = new URL(parts.oauth.issuer).hostname
  const checkName = (caller: Caller, name: string): void => {
    if (name === (BASE_DOMAIN ?? 'localhost') || name === authHost) {
      throw fieldProblem(
        'name-reserved',
        'hostname',
        `mcpx itself answers at \`${name}\``,
        'choose another name; an admin can add routes to this one',
      )
    }
    const local = /^(\d+\.\d+\.\d+\.\d+|\[.*\]|localhost)$/.test(name)
    if (local && !caller.admin) {
      throw fieldProblem(
        'name-reserved',
        'hostname',
        'addresses and `localhost` are for admins',
        'give a domain name',
      )
    }
  }

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

  const required = (ids: readonly string[]): string[] => ids.map(id => `route/${id}`)
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
      required([id]),
    )
    return describeRoutes(next)
  }

  return {
    async create({caller, body: {cert_email, acme_directory_url, staging, ...body}}) {
      checkName(caller, body.hostname)
      if (body.certificate !== undefined)
        await checkCertificate(parts, caller, body.hostname, body.certificate)
      if (body.target_url !== undefined) await checkTarget(parts, caller, 'target_url', body.target_url)
      const requires = required([...(body.enabled_routes ?? []), ...(body.disabled_routes ?? [])])
      const proxy = {...(body as ProxyTarget), ...assigned(caller)}
      const asked = {
        ...(cert_email !== undefined && {email: cert_email}),
        ...(acme_directory_url !== undefined && {acme_directory_url}),
        ...(staging && {staging}),
      }
      const order = await firstCertificate(parts, caller, proxy, asked)
      const [revision = 0] = await parts.store.write([
        proxies.creation(body.hostname, proxy, requires),
        ...(order ? [parts.records.certificate.creation(order.cert_name, order)] : []),
      ])
      return {...proxy, revision}
    },

    async list({caller, query}) {
      return proxies.list({...query, owner: visibleOwner(caller)})
    },

    async show({caller, params: {hostname}}) {
      const proxy = await mine(caller, hostname)
      return proxy.target_url === undefined
        ? proxy
        : {...proxy, upstream: await reach(proxy, proxy.target_url)}
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
      return change(
        caller,
        hostname,
        body,
        revision,
        required([...(body.enabled_routes ?? []), ...(body.disabled_routes ?? [])]),
      )
    },

    enable: ({caller, params, revision}) => change(caller, params.hostname, {enabled: true}, revision),
    disable: ({caller, params, revision}) => change(caller, params.hostname, {enabled: false}, revision),

    async delete({caller, params: {hostname}, query, revision}) {
      const {certificate = hostname} = await mine(caller, hostname)
      // Keys and resources are nothing without their proxy.
      const keys = await keysAt(parts, hostname)
      const resources = await registeredAt(parts, hostname)
      await parts.store.write([
        proxies.deletion(hostname, revision),
        ...keys.map(id => parts.records.key.deletion(id)),
        ...resources.map(({uri}) => parts.records.resource.deletion(uri)),
      ])
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
      const requires = required([...(body.enabled_routes ?? []), ...(body.disabled_routes ?? [])])
      return describeRoutes(await change(caller, hostname, body, revision, requires))
    },

    routeEnable: ({caller, params, revision}) =>
      allow(caller, params.hostname, params.route_id, true, revision),
    routeDisable: ({caller, params, revision}) =>
      allow(caller, params.hostname, params.route_id, false, revision),
  }
}
