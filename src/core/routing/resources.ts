// Which protected resource (RFC 9728) a URL belongs to, and where its metadata is: pure functions.
import type {ProxyTarget} from '../contract/proxy.ts'
import type {Resource} from '../contract/resource.ts'
import {trimmed} from './path.ts'

/** What protection needs of a resource; a protected proxy without one is a resource by its origin. */
export type Protected = Pick<Resource, 'uri' | 'scopes' | 'proxy_target'> & {name?: string | undefined}

/** Public names share scheme and port of the issuer, which is fixed; never what a request claims. */
export function publicOrigin(issuer: string, hostname: string): string {
  const {protocol, port} = new URL(issuer)
  return `${protocol}//${hostname}${port === '' ? '' : `:${port}`}`
}

/** Canonical form: scheme and host in lower case, no trailing slash. Undefined for what is no URL or has a fragment. */
export function canonicalUri(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.hash !== '') return undefined
  return url.origin + trimmed(url.pathname) + url.search
}

export const pathOf = (uri: string): string => trimmed(new URL(uri).pathname)

/** RFC 9728 §3.1: the well-known path stands before the path of the resource. */
export function metadataUrl(uri: string): string {
  return `${new URL(uri).origin}/.well-known/oauth-protected-resource${pathOf(uri)}`
}

/** The resources of a host: those registered, and its origin when it is protected and they leave paths uncovered. */
export function resourcesOf(
  proxy: ProxyTarget | undefined,
  registered: readonly Protected[],
  origin: string,
): Protected[] {
  if (registered.length === 1 || !proxy?.auth?.enabled) return [...registered]
  if (registered.some(({uri}) => pathOf(uri) === '')) return [...registered]
  return [
    ...registered,
    {
      uri: origin,
      scopes: proxy.auth.required_scopes.length > 0 ? proxy.auth.required_scopes : ['access'],
      proxy_target: proxy.hostname,
      name: proxy.description ?? proxy.hostname,
    },
  ]
}

/** The resource that a path (see matchPath) belongs to: the one on the host, or the nearest by path. */
export function resourceAt(resources: readonly Protected[], path: string): Protected | undefined {
  if (resources.length === 1) return resources[0]
  let found: Protected | undefined
  for (const one of resources) {
    const base = pathOf(one.uri)
    const holds = path === base || path.startsWith(`${base}/`)
    if (holds && (!found || base.length > pathOf(found.uri).length)) found = one
  }
  return found
}

/** What a client may have meant: the resource itself, or the origin of the one resource on a host. */
export function resourceMeant(resources: readonly Protected[], text: string): Protected | undefined {
  const uri = canonicalUri(text)
  if (uri === undefined) return undefined
  const exact = resources.find(one => canonicalUri(one.uri) === uri)
  if (exact) return exact
  const {origin, pathname} = new URL(uri)
  const there = resources.filter(one => new URL(one.uri).origin === origin)
  return pathname === '/' && there.length === 1 ? there[0] : undefined
}

/**
 * Whether `granted` covers `needed`: the scope itself, one it stands under (`mcp` covers `mcp:read`, as does `mcp:*`),
 * and `…:write` covers `…:read`.
 */
export function scopeCovers(granted: readonly string[], needed: string): boolean {
  const broader = new Set([needed])
  for (let at = needed.lastIndexOf(':'); at > 0; at = needed.lastIndexOf(':', at - 1)) {
    broader.add(needed.slice(0, at))
    broader.add(`${needed.slice(0, at)}:*`)
  }
  if (needed.endsWith(':read')) broader.add(`${needed.slice(0, -':read'.length)}:write`)
  return granted.some(one => broader.has(one))
}
