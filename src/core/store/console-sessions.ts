// Sign-ins of the web UI: sessions that expire when nobody uses them, and links that open one, once.
import {makeSecret, secretHash} from './seal.ts'
import type {Store} from './store.ts'

/** Somebody who signed in by a login elsewhere, for whom the admin token stands. */
export interface Person {
  username: string
  /** Entry of CONSOLE_ADMINS that names the person. */
  entry: string
}

/** Whose session it is: a token as it was at sign-in. A token that was replaced or deleted ends its sessions. */
export interface SignedIn {
  name: string
  /** Hash of the secret of the token. */
  hash: string
  person?: Person | undefined
}

/** What a link stands for. */
interface Link extends SignedIn {
  /** Hash of the secret that only the browser which began has; absent: any browser. */
  browser?: string | undefined
}

type Whose = Pick<SignedIn, 'name' | 'person'>

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
  async makeLink({name, hash, person, browser}: Link): Promise<string> {
    const link = makeSecret('mcl_')
    const text = JSON.stringify({name, hash, person, browser} satisfies Link)
    await this.#store.call(() => this.#redis.set(this.#key('link', link), text, 'EX', linkLifetime))
    return link
  }

  /** Undefined when it was used, or is too old, or never was, or belongs to another browser. */
  async useLink(link: string, browser?: string): Promise<SignedIn | undefined> {
    const found = await this.#store.call(() => this.#redis.getdel(this.#key('link', link)))
    if (found === null) return undefined
    const signedIn = JSON.parse(found) as Link
    const fits = signedIn.browser === undefined || signedIn.browser === secretHash(browser ?? '')
    return fits ? signedIn : undefined
  }

  /** `id` goes into the cookie, `proof` into a header that only pages of the console can send. */
  async open({name, hash, person}: SignedIn): Promise<{id: string; proof: string; seconds: number}> {
    const id = makeSecret('mcs_')
    const proof = makeSecret('mcp_')
    const session: Session = {
      name,
      hash,
      ...(person && {person}),
      proof: secretHash(proof),
      epoch: await this.#epoch({name, person}),
      until: now() + longest,
    }
    await this.#store.call(() =>
      this.#redis.set(this.#key('session', id), JSON.stringify(session), 'EX', idle),
    )
    return {id, proof, seconds: longest}
  }

  /** Whose session this is; its idle time begins anew when this is a use of it. */
  async find(id: string, proof: string, isUse = true): Promise<SignedIn | undefined> {
    const key = this.#key('session', id)
    const text = await this.#store.call(() =>
      isUse ? this.#redis.getex(key, 'EX', idle) : this.#redis.get(key),
    )
    if (text === null) return undefined
    const session = JSON.parse(text) as Session
    if (session.proof !== secretHash(proof) || session.until < now()) return undefined
    return session.epoch === (await this.#epoch(session)) ? session : undefined
  }

  async close(id: string): Promise<void> {
    await this.#store.call(() => this.#redis.del(this.#key('session', id)))
  }

  /** End every session of a person, or of a token. */
  async closeAll(whose: Whose): Promise<void> {
    await this.#store.call(() => this.#redis.incr(this.#epochKey(whose)))
  }

  async #epoch(whose: Whose): Promise<number> {
    return Number((await this.#store.call(() => this.#redis.get(this.#epochKey(whose)))) ?? 0)
  }

  get #redis(): Store['redis'] {
    return this.#store.redis
  }

  #epochKey({name, person}: Whose): string {
    return `${this.#prefix}epoch:${person?.entry ?? name}`
  }

  /** Only the hash of what is a secret stands in Redis. */
  #key(kind: 'link' | 'session', secret: string): string {
    return `${this.#prefix}${kind}:${secretHash(secret)}`
  }
}

const now = (): number => Math.floor(Date.now() / 1000)
