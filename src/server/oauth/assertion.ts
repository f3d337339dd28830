// The identity an upstream is told, signed: a short JWT that it verifies with /jwks, so that nobody else can say it.
import {importJWK, type JWK, SignJWT} from 'jose'
import type {Protection} from '../../core/routing/protection.ts'
import {usableKeys} from './keys.ts'

/** Seconds one holds. */
const lifetime = 300
/** Seconds before its end after which it is made anew. */
const spare = 60
/** How many are remembered: signing costs more than all the rest of a request. */
const remembered = 1000

export class Assertions {
  readonly #issuer: string
  readonly #protection: Protection
  readonly #made = new Map<string, {text: Promise<string>; until: number}>()
  readonly #keys = new Map<string, Promise<CryptoKey | Uint8Array>>()

  constructor({issuer, protection}: {issuer: string; protection: Protection}) {
    this.#issuer = issuer
    this.#protection = protection
  }

  /** `identity` as claims of a JWT for the origin of a proxy; undefined until there is a signing key. */
  async of(identity: Record<string, unknown> & {sub: string}, audience: string): Promise<string | undefined> {
    const [key] = usableKeys(this.#protection.signingKeys.values())
    if (!key) return undefined
    const now = Math.floor(Date.now() / 1000)
    const name = `${key.kid} ${audience} ${JSON.stringify(identity)}`
    const known = this.#made.get(name)
    if (known && known.until > now) return known.text
    if (this.#made.size >= remembered) this.#made.clear()
    const signer = this.#keys.get(key.kid) ?? importJWK(key.private_jwk as JWK, key.alg)
    this.#keys.set(key.kid, signer)
    const text = signer.then(secret =>
      new SignJWT(identity)
        // A type of its own: it must never pass for an access token (RFC 8725 §3.11).
        .setProtectedHeader({alg: key.alg, kid: key.kid, typ: 'mcpx-identity+jwt'})
        .setIssuer(this.#issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetime)
        .sign(secret),
    )
    this.#made.set(name, {text, until: now + lifetime - spare})
    return text
  }
}
