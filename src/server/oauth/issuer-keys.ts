// Signing keys of another issuer, remembered: its metadata for an hour, its keys for ten minutes or until one is not known.
import {createRemoteJWKSet} from 'jose'
import {isLocal} from './upstreams.ts'

type Keys = ReturnType<typeof createRemoteJWKSet>

const hour = 3_600_000

export class IssuerKeys {
  readonly #issuer: string
  #known: {keys: Promise<Keys>; until: number} | undefined

  constructor(issuer: string) {
    this.#issuer = issuer
  }

  /** Throws when the issuer cannot be reached, or says that it is another. */
  get(): Promise<Keys> {
    if (this.#known && this.#known.until > Date.now()) return this.#known.keys
    const keys = this.#load()
    this.#known = {keys, until: Date.now() + hour}
    keys.catch(() => {
      this.#known = undefined
    })
    return keys
  }

  async #load(): Promise<Keys> {
    const url = `${this.#issuer}/.well-known/openid-configuration`
    this.#check(url)
    const response = await fetch(url, {redirect: 'error', signal: AbortSignal.timeout(10_000)})
    const {issuer, jwks_uri} = (await response.json()) as {issuer?: unknown; jwks_uri?: unknown}
    if (issuer !== this.#issuer) throw new Error(`${this.#issuer} says that it is ${issuer}`)
    this.#check(String(jwks_uri))
    // Its fetches follow no redirects; an unknown key is looked for again at most every 30 seconds.
    return createRemoteJWKSet(new URL(String(jwks_uri)), {
      timeoutDuration: 10_000,
      cooldownDuration: 30_000,
      cacheMaxAge: 600_000,
    })
  }

  #check(url: string): void {
    if (!url.startsWith('https:') && !isLocal(new URL(url))) throw new Error(`${url} is not HTTPS`)
  }
}
