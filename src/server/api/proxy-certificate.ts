// What a proxy has to do with certificates: its first one comes by itself, another is attached, it may go with the proxy.
import type {Certificate, Coverage} from '../../core/contract/certificate.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import {adminName} from '../../core/contract/token.ts'
import {covers} from '../../core/names.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import type {Caller, Parts} from './call.ts'
import {type Asked, orderCertificate} from './certificate.ts'

/** The certificate of a proxy alone: named after it. An address stands without its brackets. */
export const named = (hostname: string): {cert_name: string; domains: string[]} => {
  const domain = hostname.replace(/^\[|\]$/g, '')
  return {cert_name: domain.replaceAll(':', '-').replace(/^[-_]+/, 'ip'), domains: [domain]}
}

/**
 * The order of a certificate for a new proxy; undefined when there is one that fits, when HTTPS is off, and when
 * nobody gave an e-mail address: the proxy then answers with the self-signed certificate, and over HTTP.
 */
export async function firstCertificate(
  parts: Parts,
  caller: Caller,
  {hostname, enable_https, certificate}: Omit<ProxyTarget, 'revision'>,
  asked: Partial<Asked>,
): Promise<Omit<Certificate, 'revision'> | undefined> {
  if (!enable_https || certificate !== undefined) return undefined
  const wished = Object.keys(asked).length > 0
  if (!wished && parts.certificates.covering(hostname, caller.name) !== undefined) return undefined
  const own = named(hostname)
  if (await parts.records.certificate.get(own.cert_name)) {
    if (wished) throw new Problem('already-exists', `certificate ${own.cert_name} exists already`)
    return undefined
  }
  try {
    return await orderCertificate(parts, caller, {...asked, ...own})
  } catch (error) {
    const impossible =
      error instanceof Problem &&
      ['email-missing', 'acme-misconfigured', 'domain-unsuitable'].includes(error.code)
    if (impossible && !wished) return undefined
    throw error
  }
}

/** The certificate a proxy is served with; where there is none, why. Undefined when it does not answer over HTTPS. */
export async function proxyCoverage(
  parts: Parts,
  proxy: Omit<ProxyTarget, 'revision'>,
): Promise<Coverage | undefined> {
  const {hostname, owner, enable_https} = proxy
  if (!enable_https) return undefined
  const found = parts.certificates.coverage(proxy as ProxyTarget)
  if (found.status !== 'none') return found
  const {cert_name, domains} = named(hostname)
  // The replica may not have heard of it yet.
  if (await parts.records.certificate.get(cert_name)) return {hostname, cert_name, status: 'pending'}
  const generate = `mcpx proxy cert generate ${hostname}`
  try {
    await orderCertificate(
      parts,
      {name: owner, admin: owner === adminName, loopback: false},
      {cert_name, domains},
    )
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const missing = error.code === 'email-missing'
    const remedy = missing
      ? `\`${generate} --email YOU@EXAMPLE.COM --wait\`; with ADMIN_EMAIL set, or with \`--cert-email\`, the next come by themselves`
      : error.hint
    return {hostname, status: 'none', detail: error.message, remedy}
  }
  return {hostname, status: 'none', detail: 'nobody asked for one', remedy: `\`${generate} --wait\``}
}

/** Throws reference-unknown, domain-unsuitable. */
export async function checkCertificate(
  {records}: Parts,
  caller: Caller,
  hostname: string,
  name: string,
): Promise<void> {
  const certificate = await records.certificate.get(name)
  if (!certificate || !(caller.admin || certificate.owner === caller.name)) {
    throw fieldProblem(
      'reference-unknown',
      'certificate',
      `there is no certificate \`${name}\``,
      'see `mcpx cert list`',
    )
  }
  const host = hostname.replace(/^\[|\]$/g, '')
  if (certificate.domains.some(domain => covers(domain, host))) return
  throw fieldProblem(
    'domain-unsuitable',
    'certificate',
    `\`${name}\` is for ${certificate.domains.join(', ')}, not for \`${host}\``,
    `make one that is: \`mcpx proxy cert generate ${host}\``,
  )
}

/** Delete the certificate of a deleted proxy, unless it is not the caller's or another proxy needs it. */
export async function deleteCertificate({records}: Parts, caller: Caller, name: string): Promise<void> {
  const certificate = await records.certificate.get(name)
  if (!certificate || !(caller.admin || certificate.owner === caller.name)) return
  const others = await records.proxy.getMany(certificate.domains)
  if (others.some(other => other !== undefined)) return
  try {
    await records.certificate.delete(name)
  } catch (error) {
    if (!(error instanceof Problem && (error.code === 'in-use' || error.code === 'not-found'))) throw error
  }
}
