// Where a matched request goes: the upstreams that can serve it and the path it has there.
import type {Instance} from '../../core/contract/instance.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import type {Route} from '../../core/contract/route.ts'
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import type {Match} from '../../core/routing/match.ts'
import {matchPath} from '../../core/routing/path.ts'
import type {Snapshot} from '../../core/routing/snapshot.ts'
import type {Upstream, UpstreamAddress, Upstreams} from './upstream.ts'

/** One URL that can serve a request. */
export interface Choice {
  upstream: Upstream
  /** Path that goes before that of the request, without a slash at its end; empty for none. */
  basePath: string
  /** What `Host` says when the client's is not kept. */
  authority: string
}

export interface Destination {
  choices: readonly Choice[]
  /** Prefix taken off the path of the request; empty for none. */
  strip: string
}

export class Resolver {
  readonly #upstreams: Upstreams
  readonly #control: Choice[]
  readonly #choices = new WeakMap<ProxyTarget | Route | Instance, Choice[]>()

  constructor(upstreams: Upstreams, controlSocket: string) {
    this.#upstreams = upstreams
    const address = {
      href: 'control',
      secure: false,
      host: '',
      port: 0,
      socketPath: controlSocket,
      reach: 'anywhere',
    } as const
    this.#control = [{upstream: upstreams.at(address), basePath: '', authority: 'control'}]
  }

  /** Throws upstream-unknown. */
  resolve(snapshot: Snapshot, {proxy, route, builtin}: Match): Destination {
    if (builtin) return {choices: this.#control, strip: ''}
    if (!route) return {choices: this.#urls(proxy as ProxyTarget), strip: ''}
    const strip =
      route.strip_path && !route.is_exact && !route.is_regex ? route.path_pattern.replace(/\/$/, '') : ''
    return {choices: this.#ofRoute(snapshot, route), strip}
  }

  /** An URL by itself. */
  at(url: string): Destination {
    return {choices: [this.#choice(url, 'anywhere')], strip: ''}
  }

  #ofRoute(snapshot: Snapshot, route: Route): Choice[] {
    const {route_id, target_type, target_value} = route
    switch (target_type) {
      case 'port':
        return this.#once(route, [`http://127.0.0.1:${target_value}`])
      case 'url':
        return this.#once(route, [target_value])
      case 'hostname': {
        const proxy = snapshot.proxies.get(target_value)
        if (proxy?.target_url !== undefined) return this.#urls(proxy)
        throw new Problem(
          'upstream-unknown',
          `Route ${route_id} points at the proxy \`${target_value}\`, which ${proxy ? 'has no target URL' : 'does not exist'}`,
        )
      }
      case 'instance':
        return this.#ofInstance(snapshot, route, target_value)
      case 'service':
        return this.#ofInstance(snapshot, route, `docker-${target_value}`)
    }
  }

  #ofInstance(snapshot: Snapshot, route: Route, name: string): Choice[] {
    const instance = snapshot.instances.get(name)
    if (instance) return this.#once(instance, [instance.target_url, ...(instance.more_urls ?? [])])
    throw new Problem(
      'upstream-unknown',
      `Route ${route.route_id} points at the instance \`${name}\`, which does not exist`,
    )
  }

  #urls(proxy: ProxyTarget): Choice[] {
    return this.#once(proxy, [proxy.target_url as string])
  }

  #once(record: ProxyTarget | Route | Instance, urls: string[]): Choice[] {
    const known = this.#choices.get(record)
    if (known) return known
    // Ownership was checked when the record was written; where its names lead is checked each time they are dialled.
    const reach = record.owner === adminName || isOfService(record) ? 'anywhere' : 'public'
    const made = urls.map(url => this.#choice(url, reach))
    this.#choices.set(record, made)
    return made
  }

  #choice(text: string, reach: UpstreamAddress['reach']): Choice {
    if (!URL.canParse(text)) throw new Problem('upstream-unknown', `\`${text}\` is not a URL`)
    const url = new URL(text)
    const secure = url.protocol === 'https:'
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = Number(url.port || (secure ? 443 : 80))
    return {
      upstream: this.#upstreams.at({href: url.origin, secure, host, port, reach}),
      basePath: url.pathname.replace(/\/$/, ''),
      authority: url.host,
    }
  }
}

/** mcpx itself wrote where a service answers; nobody else may give an instance such a name. */
const isOfService = (record: ProxyTarget | Route | Instance): boolean =>
  'name' in record && record.name.startsWith('docker-')

/** Would an upstream that resolves this path go above where it starts? */
const climbs = /(?:\/|\\|%2f|%5c)(?:\.|%2e){2}(?:\/|\\|%2f|%5c|[?#]|$)/i

/** The request target an upstream gets: as sent, without `strip`, below the base path. */
export function upstreamTarget(target: string, {strip}: Destination, {basePath}: Choice): string {
  if (strip === '' && basePath === '') return target
  const end = target.search(/[?#]/)
  const sent = end === -1 ? target : target.slice(0, end)
  const query = end === -1 ? '' : target.slice(end)
  const below = (path: string): boolean =>
    path.startsWith(strip) && (path.length === strip.length || path[strip.length] === '/')
  const path = climbs.test(sent) || !below(sent) ? matchPath(sent) : sent
  return (basePath + path.slice(strip.length) || '/') + query
}

/** The path the client knows for `path` of the upstream; undefined when it lies outside of what is published. */
export function publicPath(path: string, {strip}: Destination, {basePath}: Choice): string | undefined {
  if (!path.startsWith(basePath) || !/^(?:[/?#]|$)/.test(path.slice(basePath.length))) return undefined
  return strip + path.slice(basePath.length) || '/'
}
