// What protecting requests needs, in memory and kept current by the change feed: resources, proxy keys, signing keys, revocations.
import type {Resource} from '../contract/resource.ts'
import {collect, type Follower, reread, set} from '../store/feed.ts'
import type {Records, StoredKey, StoredSigningKey} from '../store/records.ts'
import {revocationNoun} from '../store/revocations.ts'

type Sources = Pick<Records, 'resource' | 'key' | 'signingKey' | 'revocations'>

export class Protection implements Follower {
  readonly #sources: Sources
  #resources = new Map<string, Resource>()
  #keys = new Map<string, StoredKey>()
  #byHost = new Map<string, Resource[]>()
  #byHash = new Map<string, StoredKey>()
  signingKeys = new Map<string, StoredSigningKey>()
  /** Ids of revoked access tokens, with their end in Unix seconds. */
  #revoked = new Map<string, number>()
  /** Counts the changes of resources and keys. */
  version = 0
  /** Told after each change, with the nouns that changed. */
  onChange: ((nouns: ReadonlySet<string>) => void) | undefined

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /** Resources registered on a host. */
  resources(hostname: string): readonly Resource[] {
    return this.#byHost.get(hostname) ?? []
  }

  get allResources(): Iterable<Resource> {
    return this.#resources.values()
  }

  /** The proxy key with this hash. */
  key(hash: string): StoredKey | undefined {
    return this.#byHash.get(hash)
  }

  isRevoked(jti: string): boolean {
    return this.#revoked.has(jti)
  }

  async load(): Promise<void> {
    const [resources, keys, signingKeys, revoked] = await Promise.all([
      collect(this.#sources.resource),
      collect(this.#sources.key),
      collect(this.#sources.signingKey),
      this.#sources.revocations.all(),
    ])
    this.#resources = resources
    this.#keys = keys
    this.signingKeys = signingKeys
    this.#revoked = revoked
    this.version++
    this.#index()
    this.onChange?.(new Set(['resource', 'key', 'signing_key', revocationNoun]))
  }

  async reread(changed: Map<string, Set<string>>): Promise<void> {
    const {resource, key, signingKey, revocations} = this.#sources
    const [resources, keys, signingKeys, revoked] = await Promise.all([
      reread(resource, changed),
      reread(key, changed),
      reread(signingKey, changed),
      revocations.some([...(changed.get(revocationNoun) ?? [])]),
    ])
    for (const [id, record] of resources) set(this.#resources, id, record)
    for (const [id, record] of keys) set(this.#keys, id, record)
    for (const [id, record] of signingKeys) set(this.signingKeys, id, record)
    for (const [jti, exp] of revoked) this.#revoked.set(jti, exp)
    if (revoked.size > 0) this.#forgetEnded()
    if (resources.length + keys.length + signingKeys.length > 0) this.version++
    if (resources.length > 0 || keys.length > 0) this.#index()
    this.onChange?.(new Set(changed.keys()))
  }

  #index(): void {
    this.#byHost = Map.groupBy(this.#resources.values(), ({proxy_target}) => proxy_target)
    this.#byHash = new Map([...this.#keys.values()].map(key => [key.hash, key]))
  }

  #forgetEnded(): void {
    const now = Date.now() / 1000
    for (const [jti, exp] of this.#revoked) if (exp < now) this.#revoked.delete(jti)
  }
}
