// Why a request is served as it is: the gateway's own functions are asked, once for the request and once for each route.
import type {Candidate, Explanation} from '../contract/explain.ts'
import type {ProxyTarget} from '../contract/proxy.ts'
import type {Route} from '../contract/route.ts'
import {Problem} from '../problem.ts'
import {basePathOf, strippedBy, targetsOf, upstreamTarget} from './destination.ts'
import {type Asked, applies, isConsole, type Match, match, type Places} from './match.ts'
import {isBelow, matchPath} from './path.ts'
import type {Snapshot} from './snapshot.ts'
import {comesFirst, RouteTable} from './table.ts'
import {overHttps, type Transport, transportOf} from './transport.ts'

export interface Circumstances extends Transport {
  places: Places
  /** Port of HTTPS as clients know it. */
  httpsPort: number | undefined
}

export type Decision = Pick<
  Explanation,
  'path' | 'proxy' | 'route' | 'builtin' | 'auth' | 'upstreams' | 'redirect' | 'problem' | 'candidates'
>

const most = 50
const nobody = 'nobody has to log in'
const withoutLogin = {
  forward: '401',
  redirect: 'browsers go to the login page, others get 401',
  passthrough: 'it passes',
} as const

/** Never throws a Problem: what the client would be answered is part of the explanation. */
export function explain(snapshot: Snapshot, asked: Asked, circumstances: Circumstances): Decision {
  const path = matchPath(asked.target)
  const proxy = isConsole(asked, circumstances.places) ? undefined : snapshot.proxies.get(asked.host)
  const found: Match = {}
  const decision: Omit<Decision, 'candidates'> = {path, auth: nobody, upstreams: []}
  try {
    Object.assign(found, match(snapshot, asked, circumstances.places))
    Object.assign(decision, outcome(snapshot, asked, found, circumstances))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const {status, code, message: detail, hint} = error
    decision.problem = {status, code, detail, hint}
  }
  return {
    ...decision,
    ...(proxy && {proxy: proxy.hostname}),
    ...(found.route && {route: found.route.route_id}),
    ...(found.builtin && {builtin: found.builtin.builtin}),
    candidates: candidates(snapshot, asked, path, proxy, found),
  }
}

/** Throws as the gateway does. */
function outcome(
  snapshot: Snapshot,
  asked: Asked,
  found: Match,
  {httpsPort, ...transport}: Circumstances,
): Partial<Decision> {
  if (found.proxy && transportOf(found.proxy, transport) === 'redirect')
    return {redirect: overHttps(asked.host, httpsPort ?? 443, asked.target)}
  if (found.builtin) return {auth: 'decided by the part that answers'}
  const strip = found.route ? strippedBy(found.route) : ''
  const {urls} = targetsOf(snapshot, found)
  const upstreams = urls.map(text => {
    const url = new URL(text)
    return url.origin + upstreamTarget(asked.target, {strip}, {basePath: basePathOf(url)})
  })
  return {auth: authOf(found.proxy, matchPath(asked.target)), upstreams}
}

/** Who may pass, in words. */
function authOf(proxy: ProxyTarget | undefined, path: string): string {
  const auth = proxy?.auth
  if (!auth?.enabled) return nobody
  const excluded = auth.excluded_paths.find(one => isBelow(path, one))
  if (excluded !== undefined) return `${nobody}: the path is excluded by ${excluded}`
  const lists = [...auth.required_users, ...auth.required_emails, ...auth.required_groups]
  const who = lists.length > 0 ? lists.join(', ') : 'anybody who logs in'
  const scopes = auth.required_scopes.length > 0 ? `, with ${auth.required_scopes.join(' ')}` : ''
  return `${who}${scopes}; without a login: ${withoutLogin[auth.mode]}`
}

/** Every route whose host scope holds the host; those that fit the path first. */
function candidates(
  snapshot: Snapshot,
  asked: Asked,
  path: string,
  proxy: ProxyTarget | undefined,
  found: Match,
): Candidate[] {
  const routes = snapshot.tables(asked.host, proxy?.owner).flatMap(table => [...table.all()])
  const nearness = (route: Route): number => Number(route === found.route) * 2 + Number(fits(route, path))
  return routes
    .sort((one, other) => nearness(other) - nearness(one) || (comesFirst(one, other) ? -1 : 1))
    .slice(0, most)
    .map(route => ({
      route_id: route.route_id,
      path_pattern: route.path_pattern,
      priority: route.priority,
      scope: scopeOf(route, asked.host),
      chosen: route === found.route,
      verdict: verdict(route, asked, path, proxy, found),
    }))
}

function scopeOf({hosts, owner}: Route, host: string): string {
  if (!hosts) return `every proxy of ${owner}`
  return hosts.includes(host) ? 'names this host' : 'every host'
}

/** Whether a route alone would take the path, by a method of its own unless one is given. */
function fits(route: Route, path: string, method: string = route.methods[0] ?? 'GET'): boolean {
  const alone = new RouteTable<Route>()
  alone.add({...route, enabled: true})
  return alone.find(path, method === '*' ? 'GET' : method, () => true) !== undefined
}

function verdict(
  route: Route,
  {method, host}: Asked,
  path: string,
  proxy: ProxyTarget | undefined,
  found: Match,
): string {
  if (route === found.route) return 'serves the request'
  if (!fits(route, path)) return 'its path does not fit'
  if (!fits(route, path, method)) return `does not take ${method}`
  if (!route.enabled) return 'is switched off'
  if (proxy && !applies(proxy, route))
    return `does not apply to ${proxy.hostname} (route mode ${proxy.route_mode})`
  if (!proxy && !route.hosts?.includes(host)) return 'does not name this host, which mcpx itself answers'
  if (proxy && !proxy.enabled) return 'would serve it, were the proxy not switched off'
  const winner = found.route ?? found.builtin
  if (!winner) return 'would serve it'
  if (winner.priority > route.priority) return `${winner.route_id} has a higher priority (${winner.priority})`
  return comesFirst(winner, route)
    ? `${winner.route_id} names the path more closely`
    : `${winner.route_id} is nearer to this host`
}
