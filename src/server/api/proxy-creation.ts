// What a new proxy is made of: its name checked, its record, and its first certificate, to be written in one go.
import type {ProxyTarget, proxyOperations} from '../../core/contract/proxy.ts'
import {fieldProblem} from '../../core/problem.ts'
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
  checkName(parts, caller, body.hostname)
  if (body.certificate !== undefined) await checkCertificate(parts, caller, body.hostname, body.certificate)
  if (body.target_url !== undefined) await checkTarget(parts, caller, 'target_url', body.target_url)
  const requires = [...(body.enabled_routes ?? []), ...(body.disabled_routes ?? [])].map(id => `route/${id}`)
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

function checkName({oauth, config}: Parts, caller: Caller, name: string): void {
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
