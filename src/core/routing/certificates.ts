// Which certificate a server name is answered with: an index over the certificates that can be served now.
import {bestFor} from '../certificates.ts'
import type {ProxyTarget} from '../contract/proxy.ts'
import {adminName} from '../contract/token.ts'
import type {StoredCertificate} from '../store/records.ts'

/** A certificate with its key. */
export type ServedCertificate = StoredCertificate & {fullchain_pem: string; private_key_pem: string}

export const isServable = (record: StoredCertificate | undefined): record is ServedCertificate =>
  record?.fullchain_pem !== undefined && record.private_key_pem !== undefined

interface Found {
  proxy: ProxyTarget | undefined
  certificate: ServedCertificate | undefined
  /** When another may be the best, in ms since 1970. */
  until: number
}

/** Hosts whose certificate is remembered: any client can ask for any name. */
const rememberedMost = 10_000

export class CertificateIndex {
  readonly #byName = new Map<string, ServedCertificate>()
  readonly #byFingerprint = new Map<string, ServedCertificate>()
  readonly #remembered = new Map<string, Found>()
  readonly #byDomain = new Map<string, Set<ServedCertificate>>()

  get(name: string): ServedCertificate | undefined {
    return this.#byName.get(name)
  }

  /** `sha256:` and hex. */
  withFingerprint(fingerprint: string): ServedCertificate | undefined {
    return this.#byFingerprint.get(fingerprint)
  }

  set(name: string, record: StoredCertificate | undefined): void {
    this.#remembered.clear()
    const old = this.#byName.get(name)
    if (old?.fingerprint !== undefined && this.#byFingerprint.get(old.fingerprint) === old)
      this.#byFingerprint.delete(old.fingerprint)
    for (const domain of old?.domains ?? []) {
      const set = this.#byDomain.get(domain)
      set?.delete(old as ServedCertificate)
      if (set?.size === 0) this.#byDomain.delete(domain)
    }
    this.#byName.delete(name)
    if (!isServable(record)) return
    this.#byName.set(name, record)
    if (record.fingerprint !== undefined) this.#byFingerprint.set(record.fingerprint, record)
    for (const domain of record.domains) {
      const set = this.#byDomain.get(domain) ?? new Set()
      this.#byDomain.set(domain, set.add(record))
    }
  }

  clear(): void {
    this.#remembered.clear()
    this.#byName.clear()
    this.#byFingerprint.clear()
    this.#byDomain.clear()
  }

  /**
   * In this order: the one attached to the proxy; the best that names `host`; the best wildcard. A proxy is answered
   * with certificates of its owner and of the admin alone, a name without a proxy with the admin's. Remembered until
   * a certificate or the proxy changes, or the one that was found expires.
   */
  find(host: string, proxy: ProxyTarget | undefined, now = Date.now()): ServedCertificate | undefined {
    const known = this.#remembered.get(host)
    if (known && known.proxy === proxy && now < known.until) return known.certificate
    const certificate = this.findAt(host, proxy, now)
    const expiry = Date.parse(certificate?.expires_at ?? '')
    if (this.#remembered.size >= rememberedMost) this.#remembered.clear()
    // What has expired does not come back.
    this.#remembered.set(host, {proxy, certificate, until: expiry > now ? expiry : Number.POSITIVE_INFINITY})
    return certificate
  }

  /** As `find` at any time, in ms since 1970. */
  findAt(host: string, proxy: ProxyTarget | undefined, now: number): ServedCertificate | undefined {
    const attached = proxy?.certificate === undefined ? undefined : this.#byName.get(proxy.certificate)
    if (attached && Date.parse(attached.expires_at ?? '') > now) return attached
    const name = host.replace(/^\[|\]$/g, '')
    const usable = ({owner, expires_at}: ServedCertificate): boolean =>
      (owner === adminName || owner === proxy?.owner) && Date.parse(expires_at ?? '') > now
    const candidates = [name, `*${name.slice(name.indexOf('.'))}`].flatMap(domain =>
      [...(this.#byDomain.get(domain) ?? [])].filter(usable),
    )
    return bestFor(name, candidates) ?? attached
  }
}

/** Whether clients can be expected to trust it: neither of the CA of this mcpx, nor of a staging CA. */
export const isTrusted = ({issuer, staging, status}: ServedCertificate): boolean =>
  issuer !== 'internal' && !staging && status === 'active'
