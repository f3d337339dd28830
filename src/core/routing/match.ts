// Which proxy and route serve a request: pure functions over a snapshot.
import type {ProxyTarget} from '../contract/proxy.ts'
import type {Route} from '../contract/route.ts'
import {adminName} from '../contract/token.ts'
import {Problem} from '../problem.ts'
import {
  acmeRule,
  authTable,
  type BuiltIn,
  consoleTable,
  isAcmeChallenge,
  isOpenPath,
  localTable,
  mirrorTable,
  preflight,
  protectedTable,
} from './builtin.ts'
import {matchPath} from './path.ts'
import {resourceAt, resourcesOf} from './resources.ts'
import type {Snapshot} from './snapshot.ts'

/** What a request is routed by. */
export interface Asked {
  /** Hostname of `Host` or `:authority`, lower case, without port and trailing dot; IPv6 in brackets. */
  host: string
  method: string
  /** Request target as sent, with its query. */
  target: string
  /** Whether the TCP peer is on this machine (and no trusted proxy says otherwise). */
  loopback: boolean
}

/** A route or built-in part; neither means the target of the proxy. */
export interface Match {
  proxy?: ProxyTarget
  route?: Route
  builtin?: BuiltIn
}

export interface Places {
  /** Where console, API and docs answer; undefined is local mode. */
  baseDomain: string | undefined
  /** Where the authorization server answers; undefined is the console host of local mode. */
  authHost?: string | undefined
}

/** The host of its own that the authorization server has; undefined where it shares `localhost` with the console. */
export function authHostOf(issuer: string): string | undefined {
  const {hostname} = new URL(issuer)
  return hostname === 'localhost' ? undefined : hostname
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Where console and API answer: on BASE_DOMAIN, and for loopback peers on loopback names. In local mode only
 * `localhost` is, so that no proxied page (on 127.0.0.1 or *.localhost) shares an origin or a cookie with the console.
 */
export function isConsole({host, loopback}: Asked, {baseDomain}: Places): boolean {
  if (baseDomain === undefined) return loopback && host === 'localhost'
  return host === baseDomain || (loopback && loopbackNames.has(host))
}

/** Throws host-unknown (421) or host-disabled (503). Undefined on the console, which needs no proxy. */
export function matchHost(snapshot: Snapshot, asked: Asked, places: Places): ProxyTarget | undefined {
  if (isConsole(asked, places)) return undefined
  const proxy = snapshot.proxies.get(asked.host)
  if (!proxy) {
    if (asked.host === places.authHost) return undefined
    throw new Problem('host-unknown', `mcpx does not answer for \`${asked.host}\``, {
      hint: loopbackNames.has(asked.host)
        ? `the console is at http://localhost; to serve something here, run \`mcpx proxy create ${asked.host} URL\``
        : `run \`mcpx proxy create ${asked.host} URL\``,
    })
  }
  if (!proxy.enabled) throw new Problem('host-disabled', `The proxy \`${asked.host}\` is switched off`)
  return proxy
}

/**
 * Whether a route applies to a proxy in whose host scope it is: it is its owner's or an admin's (a hostname may have
 * changed hands since the route was made), and `proxy route mode` lets it.
 */
export function applies(proxy: ProxyTarget, route: Route): boolean {
  if (route.owner !== proxy.owner && route.owner !== adminName) return false
  switch (proxy.route_mode) {
    case 'all':
      return !proxy.disabled_routes.includes(route.route_id)
    case 'selective':
      return proxy.enabled_routes.includes(route.route_id)
    case 'none':
      return false
  }
}

/** Decide what serves a request. Throws host-unknown, host-disabled, no-route. */
export function match(snapshot: Snapshot, asked: Asked, places: Places): Match {
  if (isAcmeChallenge(asked.target)) return {builtin: acmeRule}
  const proxy = matchHost(snapshot, asked, places)
  const path = matchPath(asked.target)
  if (!proxy)
    return asked.host === places.authHost
      ? matchAuth(asked, path)
      : matchConsole(snapshot, asked, path, places)
  const builtin = matchProtected(snapshot, proxy, path, asked.method)
  if (builtin) return {proxy, builtin}
  const route = findRoute(snapshot, proxy, path, asked.method)
  if (route) return {proxy, route}
  if (proxy.target_url !== undefined) return {proxy}
  throw new Problem(
    'no-route',
    `No route of \`${asked.host}\` takes ${asked.method} ${path}, and its proxy has no target URL`,
  )
}

/** Whether a request is for a part of OAuth that any web origin may call. */
export function isOpenToOrigins(snapshot: Snapshot, asked: Asked, places: Places): boolean {
  const path = matchPath(asked.target)
  if (!isOpenPath(path)) return false
  if (isConsole(asked, places)) return places.authHost === undefined && asked.host === 'localhost'
  const proxy = snapshot.proxies.get(asked.host)
  if (!proxy) return asked.host === places.authHost
  return matchProtected(snapshot, proxy, path, asked.method) !== undefined
}

function matchAuth({method}: Asked, path: string): Match {
  const builtin = authTable.find(path, method, () => true)
  return builtin ? {builtin} : {}
}

/** What mcpx itself answers on a protected host; on any other nothing, so that it keeps its own `/token` and `/callback`. */
function matchProtected(
  snapshot: Snapshot,
  proxy: ProxyTarget,
  path: string,
  method: string,
): BuiltIn | undefined {
  if (!proxy.auth?.enabled) return undefined
  const resources = snapshot.protection.resources(proxy.hostname)
  if (resources.length === 0) return protectedTable.find(path, method, () => true)
  const endpoint =
    method === 'OPTIONS' && resourceAt(resourcesOf(proxy, resources, originOf(resources)), path) !== undefined
  return mirrorTable.find(path, method, () => true) ?? (endpoint ? preflight : undefined)
}

const originOf = ([first]: readonly {uri: string}[]): string => (first ? new URL(first.uri).origin : '')

function findRoute(snapshot: Snapshot, proxy: ProxyTarget, path: string, method: string): Route | undefined {
  let found: Route | undefined
  for (const table of snapshot.tables(proxy.hostname, proxy.owner)) {
    found = table.find(path, method, route => applies(proxy, route), found)
  }
  return found
}

/** On the console host only routes that name it apply, beside what is built in. */
function matchConsole(snapshot: Snapshot, {host, method}: Asked, path: string, places: Places): Match {
  const oauth = places.authHost === undefined && host === 'localhost'
  const builtin =
    (oauth ? localTable.find(path, method, () => true) : undefined) ??
    consoleTable.find(path, method, () => true)
  const route = snapshot
    .tables(host, undefined)[0]
    ?.find(path, method, ({hosts}) => hosts?.includes(host) ?? false)
  if (route && (!builtin || route.priority > builtin.priority)) return {route}
  if (builtin) return {builtin}
  throw new Problem('no-route', `Nothing at \`${host}\` takes ${method} ${path}`)
}
