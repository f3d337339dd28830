// TLS at the public port: which certificate a server name is answered with, built on first use, changed without a restart.
import {constants, createHash} from 'node:crypto'
import {createSecureContext, createServer, type SecureContext, type Server, type TLSSocket} from 'node:tls'
import type {ServedCertificate} from '../../core/routing/certificates.ts'
import type {Places} from '../../core/routing/match.ts'
import type {Snapshot} from '../../core/routing/snapshot.ts'
import {useTicketKeys} from './tickets.ts'

/** A context costs 30 KiB: the recently used are kept. */
const contextsMost = 2000
const handshakeTimeout = 15_000

/** Forward secrecy and authenticated encryption only (RFC 9325). */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

const common = {
  minVersion: 'TLSv1.2',
  ciphers,
  // A client could ask for handshakes without end.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  sessionIdContext: 'mcpx',
  sessionTimeout: 86_400,
} as const

/** A protocol of ALPN that a connection goes on with. */
export type Protocol = 'h2' | 'http/1.1'

const challengeProtocol = 'acme-tls/1'

export class TlsDoor {
  readonly server: Server
  readonly #snapshot: Snapshot
  readonly #places: Places
  readonly #contexts = new Map<string, SecureContext>()
  readonly #sockets = new Set<TLSSocket>()
  /** Connections of a CA that checks a name; with TLS 1.3 that is known before the certificate is chosen, else after. */
  readonly #challenged = new WeakSet<TLSSocket>()
  #shown = ''
  #tickets = ''

  /** `secured` takes each connection after its handshake. */
  constructor(snapshot: Snapshot, places: Places, secured: (socket: TLSSocket, protocol: Protocol) => void) {
    this.#snapshot = snapshot
    this.#places = places
    const contextFor = (name: string, socket: TLSSocket): SecureContext | undefined =>
      this.#contextFor(name, this.#challenged.has(socket))
    const choose = (socket: TLSSocket, name: string, protocols: readonly string[]): string | undefined =>
      this.#choose(socket, name, protocols)
    this.server = createServer({
      ...common,
      handshakeTimeout,
      noDelay: true,
      SNICallback(this: unknown, name, done) {
        done(null, contextFor(name, this as TLSSocket))
      },
      ALPNCallback(this: unknown, {servername, protocols}) {
        return choose(this as TLSSocket, servername, protocols)
      },
    })
    this.server.on('secureConnection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      if (socket.alpnProtocol === challengeProtocol) socket.destroySoon()
      else secured(socket, socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1')
    })
    // A failed handshake is the client's business: port scans, clients that do not trust the certificate.
    this.server.on('tlsClientError', (_error, socket) => socket.destroy())
    this.server.on('OCSPRequest', (der, _issuer, done) => done(null, this.#ocspOf(der)))
    this.refresh()
  }

  /** Take what changed; connections go on with what they were opened with. */
  refresh(): void {
    const tickets = this.#snapshot.tls.get('tickets')?.secret
    if (tickets !== undefined && tickets !== this.#tickets) {
      this.#tickets = tickets
      useTicketKeys(this.server, tickets)
    }
    const own = this.#snapshot.certificates.find(this.#places.baseDomain ?? 'localhost', undefined)
    const fallback = this.#snapshot.tls.get('fallback')
    const pair = own
      ? {cert: own.fullchain_pem, key: own.private_key_pem}
      : fallback && {cert: fallback.certificate_pem, key: fallback.secret}
    if (!pair || pair.cert === this.#shown) return
    this.#shown = pair.cert
    this.server.setSecureContext({...common, ...pair})
    // A new context has ticket keys of its own.
    if (this.#tickets !== '') useTicketKeys(this.server, this.#tickets)
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** The lookup order is that of CertificateIndex.find; a name without a certificate gets the self-signed one. */
  #contextFor(servername: string, challenged: boolean): SecureContext | undefined {
    const name = servername.toLowerCase().replace(/\.$/, '')
    const {certificates, proxies, tls} = this.#snapshot
    const challenge = challenged ? tls.get(`alpn:${name}`) : undefined
    if (challenge) return createSecureContext({cert: challenge.certificate_pem, key: challenge.secret})
    const found = certificates.find(name, proxies.get(name))
    if (found) return this.#context(`${found.cert_name} ${found.fingerprint}`, found)
    const fallback = tls.get('fallback')
    if (!fallback) return undefined
    const {certificate_pem: fullchain_pem, secret: private_key_pem} = fallback
    return this.#context(`fallback ${fallback.created_at}`, {fullchain_pem, private_key_pem})
  }

  #context(
    id: string,
    {fullchain_pem, private_key_pem}: Pick<ServedCertificate, 'fullchain_pem' | 'private_key_pem'>,
  ): SecureContext {
    const known = this.#contexts.get(id)
    const context = known ?? createSecureContext({...common, cert: fullchain_pem, key: private_key_pem})
    // A Map keeps the order of insertion: the first is the one not used for longest.
    this.#contexts.delete(id)
    this.#contexts.set(id, context)
    if (this.#contexts.size > contextsMost)
      this.#contexts.delete(this.#contexts.keys().next().value as string)
    return context
  }

  /** RFC 8737 challenges are answered before all else. */
  #choose(socket: TLSSocket, servername: string, protocols: readonly string[]): string | undefined {
    if (protocols.includes(challengeProtocol)) {
      const challenge = this.#snapshot.tls.get(`alpn:${servername.toLowerCase()}`)
      if (!challenge) return undefined
      this.#challenged.add(socket)
      socket.setKeyCert({cert: challenge.certificate_pem, key: challenge.secret})
      return challengeProtocol
    }
    if (protocols.includes('h2')) return 'h2'
    return protocols.includes('http/1.1') ? 'http/1.1' : undefined
  }

  /** For the very certificate that is shown, while it holds. */
  #ocspOf(der: Buffer): Buffer | null {
    const fingerprint = `sha256:${createHash('sha256').update(der).digest('hex')}`
    const served = this.#snapshot.certificates.withFingerprint(fingerprint)
    if (served?.ocsp === undefined || !(Date.parse(served.ocsp_until ?? '') > Date.now())) return null
    return Buffer.from(served.ocsp, 'base64')
  }
}
