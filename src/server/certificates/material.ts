// What every handshake needs beside certificates: the self-signed stopgap and the session ticket keys, and mcpx's own certificates.
import {randomBytes, X509Certificate} from 'node:crypto'
import {planCertificate} from '../../core/certificates.ts'
import type {Config} from '../../core/config.ts'
import {adminName} from '../../core/contract/token.ts'
import {covers} from '../../core/names.ts'
import {Problem} from '../../core/problem.ts'
import type {Records, StoredCertificate, TlsMaterial} from '../../core/store/records.ts'
import {makeSelfSigned} from './x509-maker.ts'

type NewMaterial = Omit<TlsMaterial, 'revision'>

const fallbackDays = 365
/** ms that tickets are made with a key; they are taken as long again. */
const ticketsFor = 24 * 3_600_000

export class Material {
  readonly #config: Config
  readonly #records: Records
  #owned = false

  constructor(config: Config, records: Records) {
    this.#config = config
    this.#records = records
  }

  /** Make what is missing; the first replica wins. */
  async ensure(): Promise<void> {
    if (!(await this.#records.tls.get('fallback'))) await this.#create('fallback', await this.#fallback())
    if (!(await this.#records.tls.get('tickets'))) await this.#create('tickets', tickets())
  }

  /** By the leader: replace what is too old, and ask once for the certificates of mcpx's own hosts. */
  async refresh(now: number, certificates: readonly StoredCertificate[]): Promise<void> {
    const {tls} = this.#records
    const [fallback, keys] = await tls.getMany(['fallback', 'tickets'])
    if (fallback && !this.#fits(fallback, now)) {
      const made = await this.#fallback()
      await tls.update('fallback', () => made)
    }
    if (keys && now - Date.parse(keys.created_at) > ticketsFor)
      await tls.update('tickets', ({secret}) => tickets(secret))
    if (!this.#owned) await this.#ensureOwn(certificates)
    this.#owned = true
  }

  #fits({certificate_pem}: TlsMaterial, now: number): boolean {
    const certificate = new X509Certificate(certificate_pem)
    const named = certificate.subject.includes(`CN=${this.#config.SELF_SIGNED_CN}`)
    return named && Date.parse(certificate.validTo) - now > 30 * 24 * 3_600_000
  }

  async #fallback(): Promise<NewMaterial> {
    const {certificate_pem, key_pem} = await makeSelfSigned(this.#config.SELF_SIGNED_CN, fallbackDays)
    return {owner: adminName, certificate_pem, secret: key_pem, created_at: new Date().toISOString()}
  }

  async #ensureOwn(certificates: readonly StoredCertificate[]): Promise<void> {
    const {ADMIN_EMAIL: email} = this.#config
    for (const host of this.#ownHosts()) {
      if (certificates.some(({domains}) => domains.some(domain => covers(domain, host)))) continue
      const domains = host === 'localhost' ? ['localhost', '127.0.0.1', '::1'] : [host]
      try {
        const order = {cert_name: host, domains, email}
        await this.#records.certificate.create(host, planCertificate(this.#config, adminName, order))
      } catch (error) {
        // Without an address there is none, and HTTPS goes by the self-signed one.
        if (!(error instanceof Problem)) throw error
      }
    }
  }

  /** Where mcpx itself answers: the console, and the authorization server when it has a host of its own. */
  #ownHosts(): Set<string> {
    const {BASE_DOMAIN, OAUTH_ISSUER} = this.#config
    const issuer = OAUTH_ISSUER ?? (BASE_DOMAIN === undefined ? undefined : `https://auth.${BASE_DOMAIN}`)
    return new Set([BASE_DOMAIN ?? 'localhost', ...(issuer === undefined ? [] : [new URL(issuer).hostname])])
  }

  async #create(name: string, material: NewMaterial): Promise<void> {
    try {
      await this.#records.tls.create(name, material)
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'already-exists')) throw error
    }
  }
}

/** A new key before the newest of `known`: each has 48 bytes, see gateway/tickets.ts. */
const tickets = (known = ''): NewMaterial => ({
  owner: adminName,
  certificate_pem: '',
  secret: Buffer.concat([randomBytes(48), Buffer.from(known, 'base64').subarray(0, 48)]).toString('base64'),
  created_at: new Date().toISOString(),
})
