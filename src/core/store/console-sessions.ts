// Sign-ins of the web UI: sessions that expire when nobody uses them, and links that open one, once.
import {makeSecret, secretHash} from './seal.ts'
import type {Store} from './store.ts'

/** Whose session it is: a token as it was at sign-in. A token that was replaced or deleted ends its sessions. */
export interface SignedIn {
  name: string
  /** Hash of the secret of the token. */
  hash: string
}

interface Session extends SignedIn {
  /** Hash of the header token that must come with the cookie. */
  proof: string
  /** Count of `closeAll` calls at sign-in. */
  epoch: number
  /** Unix seconds after which it is over, however busy. */
  until: number
}

/** Seconds. */
const idle = 12 * 3600
const longest = 7 * 24 * 3600
export const linkLifetime = 60

export class ConsoleSessions {
  readonly #store: Store
  /** Without a hash tag: these keys spread over a cluster. */
  readonly #prefix: string

  constructor(store: Store) {
    this.#store = store
    this.#prefix = `${store.prefix.replace(/[{}]/g, '')}console:`
  }

  /** A secret that `useLink` takes once within `linkLifetime`. */
  async makeLink({name, hash}: SignedIn): Promise<string> {
    const link = makeSecret('mcl_')
    await this.#store.call(() =>
      this.#redis.set(this.#key('link', link), JSON.stringify({name, hash}), 'EX', linkLifetime),
    )
    return link
  }

  /** Undefined when it was used, or is too old, or never was. */
  async useLink(link: string): Promise<SignedIn | undefined> {
    const found = await this.#store.call(() => this.#redis.getdel(this.#key('link', link)))
    return found === null ? undefined : (JSON.parse(found) as SignedIn)
  }

  /** `id` goes into the cookie, `proof` into a header that only pages of the console can send. */
  async open({name, hash}: SignedIn): Promise<{id: string; proof: string; seconds: number}> {
    const id = makeSecret('mcs_')
    const proof = makeSecret('mcp_')
    const session: Session = {
      name,
      hash,
      proof: secretHash(proof),
      epoch: await this.#epoch(name),
      until: now() + longest,
    }
    await this.#store.call(() =>
      this.#redis.set(this.#key('session', id), JSON.stringify(session), 'EX', idle),
    )
    return {id, proof, seconds: longest}
  }

  /** Whose session this is; its idle time begins anew. */
  async find(id: string, proof: string): Promise<SignedIn | undefined> {
    const text = await this.#store.call(() => this.#redis.getex(this.#key('session', id), 'EX', idle))
    if (text === null) return undefined
    const session = JSON.parse(text) as Session
    if (session.proof !== secretHash(proof) || session.until < now()) return undefined
    return session.epoch === (await this.#epoch(session.name)) ? session : undefined
  }

  async close(id: string): Promise<void> {
    await this.#store.call(() => this.#redis.del(this.#key('session', id)))
  }

  /** End every session of a token. */
  async closeAll(name: string): Promise<void> {
    await this.#store.call(() => this.#redis.incr(this.#epochKey(name)))
  }

  async #epoch(name: string): Promise<number> {
    return Number((await this.#store.call(() => this.#redis.get(this.#epochKey(name)))) ?? 0)
  }

  get #redis(): Store['redis'] {
    return this.#store.redis
  }

  #epochKey(name: string): string {
    return `${this.#prefix}epoch:${name}`
  }

  /** Only the hash of what is a secret stands in Redis. */
  #key(kind: 'link' | 'session', secret: string): string {
    return `${this.#prefix}${kind}:${secretHash(secret)}`
  }
}

const now = (): number => Math.floor(Date.now() / 1000)
