// Decisions about access tokens, remembered: the same token at the same place is let through without deciding again.
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import type {Grant} from '../../core/routing/grant.ts'
import type {Protection} from '../../core/routing/protection.ts'
import type {Ask} from './guard.ts'

interface Remembered {
  /** Request target it was decided for. */
  target: string
  /** What was known of resources and keys then; see Protection. */
  version: number
  jti: string
  /** In Unix milliseconds. */
  until: number
  pass: Grant
}

/** Milliseconds a decision is remembered at most: less than a signed identity still holds once it is handed out. */
const longest = 30_000
/** How many a proxy has. */
const most = 1000

export class Passes {
  readonly #protection: Protection
  /** A change of a proxy makes a new object of it, so that nothing of the old rules stays. */
  readonly #known = new WeakMap<ProxyTarget, Map<string, Remembered>>()

  constructor(protection: Protection) {
    this.#protection = protection
  }

  find({proxy, target, header}: Ask): Grant | undefined {
    const known = this.#known.get(proxy)
    const authorization = known && header('authorization')
    const found = authorization === undefined ? undefined : known?.get(authorization)
    if (!found || found.target !== target || found.version !== this.#protection.version) return undefined
    if (found.until <= Date.now() || this.#protection.isRevoked(found.jti)) return undefined
    // A key of ours beside the token must not go further.
    return header('x-api-key') === undefined ? found.pass : undefined
  }

  /** `exp`: when the token ends, in Unix seconds. */
  remember({proxy, target, header}: Ask, {jti, exp}: {jti: string; exp: number}, pass: Grant): void {
    const authorization = header('authorization')
    if (authorization === undefined || header('x-api-key') !== undefined) return
    const known = this.#known.get(proxy) ?? new Map<string, Remembered>()
    if (known.size >= most) known.clear()
    const until = Math.min(exp * 1000, Date.now() + longest)
    known.set(authorization, {target, version: this.#protection.version, jti, until, pass})
    this.#known.set(proxy, known)
  }
}
