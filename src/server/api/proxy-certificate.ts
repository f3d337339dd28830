// What a proxy has to do with certificates: its first one comes by itself, another is attached, it may go with the proxy.
import type {Certificate} from '../../core/contract/certificate.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
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
