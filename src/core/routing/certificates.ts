// Which certificate a server name is answered with: an index over the certificates that can be served now.
import {bestFor} from '../certificates.ts'
import type {ProxyTarget} from '../contract/proxy.ts'
import {adminName} from '../contract/token.ts'
import type {StoredCertificate} from '../store/records.ts'

/** A certificate with its key. */
export type ServedCertificate = StoredCertificate & {fullchain_pem: string; private_key_pem: string}

export const isServable = (record: StoredCertificate | undefined): record is ServedCertificate =>
  record?.fullchain_pem !== undefined && record.private_key_pem !== undefined

export class CertificateIndex {
  readonly #byName = new Map<string, ServedCertificate>()
  readonly #byDomain = new Map<string, Set<ServedCertificate>>()

  get(name: string): ServedCertificate | undefined {
    return this.#byName.get(name)
  }

  set(name: string, record: StoredCertificate | undefined): void {
    const old = this.#byName.get(name)
    for (const domain of old?.domains ?? []) {
      const set = this.#byDomain.get(domain)
      set?.delete(old as ServedCertificate)
      if (set?.size === 0) this.#byDomain.delete(domain)
    }
    this.#byName.delete(name)
    if (!isServable(record)) return
    this.#byName.set(name, record)
    for (const domain of record.domains) {
      const set = this.#byDomain.get(domain) ?? new Set()
      this.#byDomain.set(domain, set.add(record))
    }
  }

  clear(): void {
    this.#byName.clear()
    this.#byDomain.clear()
  }

  /**
   * In this order: the one attached to the proxy; the best that names `host`; the best wildcard. A proxy is answered
   * with certificates of its owner and of the admin alone, a name without a proxy with the admin's.
   */
  find(host: string, proxy: ProxyTarget | undefined, now = Date.now()): ServedCertificate | undefined {
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
