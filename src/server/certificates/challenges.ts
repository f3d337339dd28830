// Puts the answers to challenges where the CA looks for them, and takes them away again.
import {X509Certificate} from 'node:crypto'
import {lookup, resolveCname, resolveTxt} from 'node:dns/promises'
import {connect} from 'node:tls'
import type {Config} from '../../core/config.ts'
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import type {Records} from '../../core/store/records.ts'
import {type AcmeChallenge, type Authorization, createAlpnCertificate} from './acme.ts'
import {dnsProvider} from './dns/provider.ts'
import {resolverOf} from './preflight.ts'
import type {ChallengeTokens} from './tokens.ts'

/** Seconds an answer is kept: longer than a CA checks. */
const keptFor = 3600

export interface ChallengeParts {
  config: Config
  records: Records
  tokens: ChallengeTokens
}

/** An answer in its place. */
export interface Placed {
  /** Resolves once the CA would see it. Throws dns-provider-failed. */
  visible(): Promise<void>
  remove(): Promise<void>
}

export async function place(
  parts: ChallengeParts,
  authorization: Authorization,
  challenge: AcmeChallenge,
  keyAuthorization: string,
): Promise<Placed> {
  const domain = authorization.identifier.value
  // The types of acme-client do not know RFC 8737.
  switch (challenge.type as string) {
    case 'http-01':
      await parts.tokens.set(challenge.token, keyAuthorization, keptFor)
      return {visible: async () => {}, remove: () => parts.tokens.delete(challenge.token)}
    case 'tls-alpn-01':
      return placeAlpn(parts, authorization, keyAuthorization)
    case 'dns-01':
      return placeDns(parts.config, domain, keyAuthorization)
    default:
      throw new Problem('acme-misconfigured', `mcpx cannot answer challenges of the type ${challenge.type}`)
  }
}

/** RFC 8737: a certificate that every worker of every replica shows to `acme-tls/1`; it travels as a record. */
async function placeAlpn(
  {config, records}: ChallengeParts,
  authorization: Authorization,
  keyAuthorization: string,
): Promise<Placed> {
  const domain = authorization.identifier.value
  const [key, certificate] = await createAlpnCertificate(authorization, keyAuthorization)
  const name = `alpn:${domain}`
  const material = {
    owner: adminName,
    certificate_pem: certificate.toString(),
    secret: key.toString(),
    created_at: new Date().toISOString(),
  }
  await records.tls.delete(name).catch(ignoreMissing)
  await records.tls.create(name, material)
  return {
    visible: () =>
      shownByGateway(config, domain, new X509Certificate(material.certificate_pem).fingerprint256),
    remove: () => records.tls.delete(name).catch(ignoreMissing),
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Problem && error.code === 'not-found')) throw error
}

/** Ask the name itself until the change has reached the gateway; a CA asks once. */
async function shownByGateway(config: Config, domain: string, fingerprint: string): Promise<void> {
  const addresses = await resolverOf(config)
    ?.resolve4(domain)
    .catch(() => [])
  const address = addresses?.[0] ?? (await lookup(domain).catch(() => undefined))?.address
  const until = performance.now() + (config.ACME_PREFLIGHT === 'on' ? 10_000 : 1000)
  while (performance.now() < until) {
    if (address !== undefined && (await shown(address, config.ACME_TLS_PORT, domain)) === fingerprint) return
    await pause(100)
  }
}

function shown(host: string, port: number, servername: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({
      host,
      port,
      servername,
      ALPNProtocols: ['acme-tls/1'],
      rejectUnauthorized: false,
      timeout: 3000,
    })
    const end = (fingerprint?: string): void => {
      socket.destroy()
      resolve(fingerprint)
    }
    socket.once('secureConnect', () => end(socket.getPeerCertificate().fingerprint256))
    socket.once('timeout', () => end())
    socket.once('error', () => end())
  })
}

async function placeDns(config: Config, domain: string, value: string): Promise<Placed> {
  const provider = dnsProvider(config)
  const resolver = resolverOf(config)
  const asked = `_acme-challenge.${domain}`
  // RFC 8555 §8.4: the name may be delegated by CNAME.
  const [name = asked] = await (resolver ? resolver.resolveCname(asked) : resolveCname(asked)).catch(() => [])
  await provider.add(name, value)
  return {
    visible: () => propagated(config, asked, value),
    remove: () => provider.remove(name, value),
  }
}

/** Ask DNS for the TXT record until it shows. Throws dns-provider-failed. */
async function propagated(config: Config, name: string, value: string): Promise<void> {
  const resolver = resolverOf(config)
  const seconds = config.ACME_POLL_INTERVAL * config.ACME_POLL_ATTEMPTS
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    const records = await (resolver ? resolver.resolveTxt(name) : resolveTxt(name)).catch(() => [])
    if (records.some(parts => parts.join('') === value)) return
    await pause(500)
  }
  throw new Problem('dns-provider-failed', `DNS does not show the TXT record ${name} after ${seconds} s`, {
    hint: 'check that the provider serves the zone; ACME_DNS_SERVERS names the servers that are asked',
  })
}

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
