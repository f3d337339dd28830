// What a new proxy is made of: its name checked, its record, and its first certificate, to be written in one go.
import {framingFields, headerName, type ProxyTarget, type proxyOperations} from '../../core/contract/proxy.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import type {Change} from '../../core/store/store.ts'
import {assigned, type Caller, type Handlers, type Parts} from './call.ts'
import {checkCertificate, firstCertificate} from './proxy-certificate.ts'
import {checkTarget} from './targets.ts'

type Body = Parameters<Handlers<typeof proxyOperations>['create']>[0]['body']

interface Creation {
  proxy: Omit<ProxyTarget, 'revision'>
  /** The first is the proxy. */
  changes: Change[]
}

/** Throws name-reserved, reference-unknown, domain-unsuitable, target-forbidden. */
export async function proxyCreation(
  parts: Parts,
  caller: Caller,
  {cert_email, acme_directory_url, staging, ...body}: Body,
): Promise<Creation> {
  checkName(parts, caller, body)
  if (body.certificate !== undefined) await checkCertificate(parts, caller, body.hostname, body.certificate)
  if (body.target_url !== undefined) await checkTarget(parts, caller, 'target_url', body.target_url)
  checkHeaders(body.custom_headers)
  const requires = await routesNamed(parts, caller, body.hostname, body)
  const proxy = {...(body as ProxyTarget), ...assigned(caller)}
  const order = await firstCertificate(parts, caller, proxy, {
    ...(cert_email !== undefined && {email: cert_email}),
    ...(acme_directory_url !== undefined && {acme_directory_url}),
    ...(staging && {staging}),
  })
  const {proxy: proxies, certificate: certificates} = parts.records
  return {
    proxy,
    changes: [
      proxies.creation(body.hostname, proxy, requires),
      ...(order ? [certificates.creation(order.cert_name, order)] : []),
    ],
  }
}

function checkName({oauth, config}: Parts, caller: Caller, {hostname: name, target_url}: Body): void {
  const isAuthHost = name !== 'localhost' && name === new URL(oauth.issuer).hostname
  // Older set-ups publish the authorization server themselves; that is what happens there anyway.
  if (isAuthHost && caller.admin && isOwnOAuth(target_url, config.OAUTH_LOCAL_PORT)) return
  if (name === (config.BASE_DOMAIN ?? 'localhost') || name === new URL(oauth.issuer).hostname) {
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

const isOwnOAuth = (target: string | undefined, port: number): boolean =>
  ['localhost', '127.0.0.1'].some(host => target?.replace(/\/$/, '') === `http://${host}:${port}`)

const isHeaderName = new RegExp(headerName)

/** Throws invalid-request. `null` takes them away. */
export function checkHeaders(headers: Record<string, string> | null | undefined): void {
  const names = Object.keys(headers ?? {})
  const wrong = names.find(name => !isHeaderName.test(name))
  if (wrong !== undefined) {
    throw fieldProblem(
      'invalid-request',
      `custom_headers.${wrong}`,
      `\`${wrong}\` is not the name of a header field`,
      'use letters, digits and `-`, such as `X-Team`',
    )
  }
  const framing = names.find(name => framingFields.has(name.toLowerCase()))
  if (framing === undefined) return
  throw fieldProblem(
    'invalid-request',
    `custom_headers.${framing}`,
    'belongs to the connection, which the gateway keeps itself',
    'leave it out',
  )
}

export type RouteLists = Partial<Pick<ProxyTarget, 'enabled_routes' | 'disabled_routes'>>

/**
 * References to the routes a proxy names, which the store checks; those that exist must be the caller's, or be able
 * to apply to it. Throws reference-unknown, in the words of the store.
 */
export async function routesNamed(
  {records}: Parts,
  caller: Caller,
  hostname: string,
  {enabled_routes = [], disabled_routes = []}: RouteLists,
): Promise<string[]> {
  const ids = [...enabled_routes, ...disabled_routes]
  const found = caller.admin ? [] : await records.route.getMany(ids)
  found.forEach((route, index) => {
    if (!route || route.owner === caller.name) return
    const {hosts = []} = route
    if (hosts.includes(hostname) || hosts.includes('*')) return
    throw new Problem('reference-unknown', `There is no route ${ids[index]}`)
  })
  return ids.map(id => `route/${id}`)
}
