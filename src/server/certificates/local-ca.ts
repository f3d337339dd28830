// The CA of this mcpx: its root is kept in the store and shared by all replicas; it signs local and private names.
import {X509Certificate} from 'node:crypto'
import {hostname} from 'node:os'
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import type {Records} from '../../core/store/records.ts'
import {type ChainFacts, fingerprintOf, readChain} from '../../core/x509.ts'
import {type CertificateAndKey, makeCa, signCrl, signLeaf} from './x509-maker.ts'

/** Days a leaf is valid; it is renewed by itself. */
const leafDays = 90
/** Days clients may keep the list of revoked certificates; a new one is made each day. */
const crlDays = 7
const day = 86_400_000

export class LocalCa {
  readonly #tls: Records['tls']
  readonly #crlUrl: string | undefined
  #crl: {made: number; list: Promise<Buffer>} | undefined

  /** `crlUrl`: where clients find the list of revoked certificates; without one, certificates name none. */
  constructor(tls: Records['tls'], crlUrl?: string) {
    this.#tls = tls
    this.#crlUrl = crlUrl
  }

  async describe(): Promise<{certificate_pem: string; fingerprint: string; expires_at: string}> {
    const {certificate_pem} = await this.#root()
    const certificate = new X509Certificate(certificate_pem)
    return {
      certificate_pem,
      fingerprint: fingerprintOf(certificate),
      expires_at: new Date(certificate.validTo).toISOString(),
    }
  }

  /** `key` is the private key of the new certificate in PEM. */
  async sign(domains: readonly string[], key: string): Promise<ChainFacts> {
    return readChain(await signLeaf(await this.#root(), domains, key, leafDays, this.#crlUrl))
  }

  /**
   * The list of revoked certificates in DER. It is empty: whoever could use a stolen key of this mcpx has its CA too;
   * but some clients and scanners take no certificate whose list they cannot read.
   */
  crl(now = Date.now()): Promise<Buffer> {
    if (!this.#crl || now - this.#crl.made > day) {
      const list = this.#root().then(root => signCrl(root, crlDays))
      this.#crl = {made: now, list}
      list.catch(() => {
        this.#crl = undefined
      })
    }
    return this.#crl.list
  }

  /** Made by the first replica that needs it. */
  async #root(): Promise<CertificateAndKey> {
    const known = await this.#tls.get('ca')
    if (known) return {certificate_pem: known.certificate_pem, key_pem: known.secret}
    const {certificate_pem, key_pem} = await makeCa(`mcpx local CA (${hostname()})`)
    try {
      await this.#tls.create('ca', {
        owner: adminName,
        certificate_pem,
        secret: key_pem,
        created_at: new Date().toISOString(),
      })
      return {certificate_pem, key_pem}
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'already-exists')) throw error
      return this.#root()
    }
  }
}
