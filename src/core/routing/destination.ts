// Where a matched request goes: the URLs that can serve it, and what is taken off its path.
import type {Instance} from '../contract/instance.ts'
import type {ProxyTarget} from '../contract/proxy.ts'
import type {Route} from '../contract/route.ts'
import type {Service} from '../contract/service.ts'
import {Problem} from '../problem.ts'
import type {Match} from './match.ts'
import {matchPath} from './path.ts'
import type {Snapshot} from './snapshot.ts'

/** The URLs of a record; any of them serves. */
export interface Targets {
  record: ProxyTarget | Route | Instance | Service
  urls: readonly string[]
}

/** What serves a request that no built-in part takes. Throws upstream-unknown, service-down, no-route. */
export function targetsOf(snapshot: Snapshot, {proxy, route}: Pick<Match, 'proxy' | 'route'>): Targets {
  if (route) return ofRoute(snapshot, route)
  if (proxy) return ofProxy(proxy)
  throw new Problem('no-route', 'Nothing of this host takes the request')
}

/** The prefix a route takes off the path of a request; empty for none. */
export const strippedBy = ({strip_path, is_exact, is_regex, path_pattern}: Route): string =>
  strip_path && !is_exact && !is_regex ? path_pattern.replace(/\/$/, '') : ''

function ofRoute(snapshot: Snapshot, route: Route): Targets {
  const {route_id, target_type, target_value} = route
  switch (target_type) {
    case 'port':
      return {record: route, urls: [`http://127.0.0.1:${target_value}`]}
    case 'url':
      return {record: route, urls: [target_value]}
    case 'hostname': {
      const proxy = snapshot.proxies.get(target_value)
      if (proxy?.target_url !== undefined) return ofProxy(proxy)
      throw new Problem(
        'upstream-unknown',
        `Route ${route_id} points at the proxy \`${target_value}\`, which ${proxy ? 'has no target URL' : 'does not exist'}`,
      )
    }
    case 'instance':
      return target_value.startsWith('docker-')
        ? ofService(snapshot, route, target_value.slice('docker-'.length))
        : ofInstance(snapshot, route, target_value)
    case 'service':
      return ofService(snapshot, route, target_value)
  }
}

function ofInstance(snapshot: Snapshot, route: Route, name: string): Targets {
  const instance = snapshot.instances.get(name)
  if (instance) return {record: instance, urls: [instance.target_url, ...(instance.more_urls ?? [])]}
  throw new Problem(
    'upstream-unknown',
    `Route ${route.route_id} points at the instance \`${name}\`, which does not exist`,
  )
}

/** Its instance keeps the last address, which the engine may have given to another container since. */
function ofService(snapshot: Snapshot, {route_id}: Route, name: string): Targets {
  const service = snapshot.services.get(name)
  if (!service)
    throw new Problem(
      'upstream-unknown',
      `Route ${route_id} points at the service \`${name}\`, which does not exist`,
    )
  const url = serviceUrl(service)
  if (url !== undefined) return {record: service, urls: [url]}
  if (service.address === undefined) throw serviceDown(service)
  throw new Problem('upstream-unknown', `It is not known on which port the service ${name} listens`, {
    hint: `say it: \`mcpx service update ${name} --port PORT\``,
  })
}

/** Where a service answers; undefined when it does not run. */
export const serviceUrl = ({address, listens_on}: Service): string | undefined =>
  address === undefined || listens_on === undefined ? undefined : `http://${address}:${listens_on}`

function serviceDown({service_name: name, status}: Service): Problem {
  const why = `see why with \`mcpx service show ${name}\``
  switch (status) {
    case 'stopped':
      return new Problem('service-down', `The service ${name} is stopped`, {
        hint: `start it: \`mcpx service start ${name}\``,
      })
    case 'creating':
      return new Problem('service-down', `The service ${name} is starting`, {
        hint: `try again in a moment, or ${why}`,
      })
    case 'failed':
      return new Problem('service-down', `The service ${name} failed`, {
        hint: `${why}, then \`mcpx service start ${name}\``,
      })
    default:
      return new Problem('service-down', `The service ${name} is restarting, or its engine is away`, {
        hint: `try again in a moment, or ${why}`,
      })
  }
}

const ofProxy = (proxy: ProxyTarget): Targets => ({record: proxy, urls: [proxy.target_url as string]})

/** Would an upstream that resolves this path go above where it starts? */
const climbs = /(?:\/|\\|%2f|%5c)(?:\.|%2e){2}(?:\/|\\|%2f|%5c|[?#]|$)/i

/** The request target an upstream gets: as sent, without `strip`, below the base path. */
export function upstreamTarget(
  target: string,
  {strip}: {strip: string},
  {basePath}: {basePath: string},
): string {
  if (strip === '' && basePath === '') return target
  const end = target.search(/[?#]/)
  const sent = end === -1 ? target : target.slice(0, end)
  const query = end === -1 ? '' : target.slice(end)
  const below = (path: string): boolean =>
    path.startsWith(strip) && (path.length === strip.length || path[strip.length] === '/')
  const path = climbs.test(sent) || !below(sent) ? matchPath(sent) : sent
  return (basePath + path.slice(strip.length) || '/') + query
}

/** The path of a target URL that goes before that of the request, without a slash at its end. */
export const basePathOf = (url: URL): string => url.pathname.replace(/\/$/, '')
