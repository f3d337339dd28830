// What a new certificate record says: which issuer, directory and challenge follow from what was asked and configured.
import type {Config} from './config.ts'
import type {Certificate, challenges} from './contract/certificate.ts'
import {covers, isPrivateName} from './names.ts'
import {fieldProblem, Problem} from './problem.ts'

/** Where mcpx hands out the list of what its own CA has revoked (RFC 5280 §4.2.1.13), over plain HTTP. */
export const crlPath = '/.mcpx/ca.crl'

export interface CertificateOrder {
  cert_name: string
  domains: string[]
  email?: string | undefined
  acme_directory_url?: string | undefined
  staging?: boolean | undefined
  issuer?: 'acme' | 'internal' | undefined
  challenge?: (typeof challenges)[number] | undefined
  profile?: string | undefined
}

type NewCertificate = Omit<Certificate, 'revision'>

/**
 * The record that asks for a certificate. `order.email` is the address found for it, if any.
 * Throws domain-unsuitable, email-missing, acme-misconfigured.
 */
export function planCertificate(config: Config, owner: string, order: CertificateOrder): NewCertificate {
  const now = new Date().toISOString()
  const issuer = order.issuer ?? (order.domains.every(isPrivateName) ? 'internal' : 'acme')
  return {
    cert_name: order.cert_name,
    domains: order.domains,
    issuer,
    ...(issuer === 'acme' ? planAcme(config, order) : {staging: false}),
    status: 'pending',
    generation: {
      state: 'accepted',
      step: 'queued',
      detail: 'waits for its turn',
      attempts: 0,
      started_at: now,
    },
    owner,
    created_by: owner,
    created_at: now,
    updated_at: now,
  }
}

type AcmePart = Pick<Certificate, 'staging' | 'email' | 'acme_directory_url' | 'challenge' | 'profile'>

function planAcme(config: Config, order: CertificateOrder): AcmePart {
  const {domains, email, challenge, profile} = order
  const {directory, staging} = planDirectory(config, order)
  if (!email) throw new Problem('email-missing', `There is no e-mail address for \`${order.cert_name}\``)
  const wildcard = domains.find(domain => domain.startsWith('*.'))
  const chosen = wildcard === undefined ? (challenge ?? config.ACME_CHALLENGE) : 'dns-01'
  if (wildcard !== undefined && challenge !== undefined && challenge !== 'dns-01')
    throw fieldProblem(
      'acme-misconfigured',
      'challenge',
      `\`${wildcard}\` can only be had with dns-01`,
      'leave the challenge out',
    )
  if (chosen === 'dns-01' && config.ACME_DNS_PROVIDER === 'none')
    throw new Problem(
      'acme-misconfigured',
      `${wildcard === undefined ? 'dns-01' : `\`${wildcard}\``} needs a DNS provider`,
      {
        hint: 'set ACME_DNS_PROVIDER to rfc2136, cloudflare or hook, with the variables of that provider',
      },
    )
  const usual = directory === config.ACME_DIRECTORY_URL ? config.ACME_PROFILE : undefined
  return {
    staging,
    email,
    acme_directory_url: directory,
    challenge: chosen,
    ...((profile ?? usual) !== undefined && {profile: profile ?? (usual as string)}),
  }
}

/** Staging and production are never mixed: the flag and the URL must say the same. */
export function planDirectory(
  {ACME_DIRECTORY_URL: production, ACME_STAGING_URL: stagingUrl}: Config,
  {acme_directory_url: asked, staging = false}: Pick<CertificateOrder, 'acme_directory_url' | 'staging'>,
): {directory: string; staging: boolean} {
  if (staging) {
    if (stagingUrl === production)
      throw new Problem('acme-misconfigured', 'ACME_STAGING_URL is the production directory', {
        hint: 'set it to the staging directory of the same CA',
      })
    if (asked !== undefined && asked !== stagingUrl)
      throw fieldProblem(
        'acme-misconfigured',
        'staging',
        `\`${asked}\` is not the staging directory`,
        'give `--staging` or a directory, not both; ACME_STAGING_URL sets the staging directory',
      )
    return {directory: stagingUrl, staging: true}
  }
  const directory = asked ?? production
  if (directory === stagingUrl && asked === undefined)
    throw new Problem('acme-misconfigured', 'ACME_DIRECTORY_URL is the staging directory', {
      hint: 'set it to the production directory; `--staging` asks the other one',
    })
  return {directory, staging: directory === stagingUrl}
}

/** Names served best by one record: certificates that hold for `host`, the best first. */
export function bestFor<C extends Pick<Certificate, 'domains' | 'expires_at' | 'staging' | 'issuer'>>(
  host: string,
  candidates: Iterable<C>,
): C | undefined {
  let best: C | undefined
  for (const one of candidates) {
    if (!one.domains.some(domain => covers(domain, host))) continue
    if (!best || rank(one, host) > rank(best, host)) best = one
  }
  return best
}

/** Exact before wildcard, trusted before staging and internal, then what lasts longer. */
function rank(
  {domains, staging, issuer, expires_at}: Pick<Certificate, 'domains' | 'expires_at' | 'staging' | 'issuer'>,
  host: string,
): number {
  const trusted = staging || issuer === 'internal' ? 0 : 1
  const lasting = expires_at === undefined ? 0 : Date.parse(expires_at) / 1e14
  return (domains.includes(host) ? 4 : 0) + 2 * trusted + lasting
}
