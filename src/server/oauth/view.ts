// What the authorization server knows of protected proxies and their resources, kept current by the change feed.
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import {Protection} from '../../core/routing/protection.ts'
import {type Protected, publicOrigin, resourcesOf} from '../../core/routing/resources.ts'
import {collect, type Follower, reread, set} from '../../core/store/feed.ts'
import type {Records} from '../../core/store/records.ts'

export class View implements Follower {
  readonly protection: Protection
  readonly #records: Records
  readonly #issuer: string
  #guarded = new Map<string, ProxyTarget>()
  #resources: Protected[] | undefined
  /** Told after each change, with the nouns that changed. */
  onChange: ((nouns: ReadonlySet<string>) => void) | undefined

  constructor(records: Records, issuer: string) {
    this.#records = records
    this.#issuer = issuer
    this.protection = new Protection(records)
  }

  /** A proxy that needs a login. */
  guarded(hostname: string): ProxyTarget | undefined {
    return this.#guarded.get(hostname)
  }

  resourcesAt(hostname: string): Protected[] {
    const proxy = this.#guarded.get(hostname)
    return proxy
      ? resourcesOf(proxy, this.protection.resources(hostname), publicOrigin(this.#issuer, hostname))
      : []
  }

  /** Every resource that needs a login. */
  get resources(): Protected[] {
    this.#resources ??= [...this.#guarded.keys()].flatMap(hostname => this.resourcesAt(hostname))
    return this.#resources
  }

  get scopes(): string[] {
    return [...new Set(this.resources.flatMap(({scopes}) => scopes))].sort()
  }

  async load(): Promise<void> {
    const [proxies] = await Promise.all([collect(this.#records.proxy), this.protection.load()])
    this.#guarded = new Map([...proxies].filter(([, proxy]) => proxy.auth?.enabled))
    this.#changed(new Set(['proxy', 'resource', 'signing_key']))
  }

  async reread(changed: Map<string, Set<string>>): Promise<void> {
    const [proxies] = await Promise.all([
      reread(this.#records.proxy, changed),
      this.protection.reread(changed),
    ])
    for (const [hostname, proxy] of proxies)
      set(this.#guarded, hostname, proxy?.auth?.enabled ? proxy : undefined)
    this.#changed(new Set(changed.keys()))
  }

  #changed(nouns: ReadonlySet<string>): void {
    this.#resources = undefined
    this.onChange?.(nouns)
  }
}
