// The certificate manager: every replica follows the records, the leader among them issues and renews.
import type {Config} from '../../core/config.ts'
import type {Coverage} from '../../core/contract/certificate.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import type {Log} from '../../core/log.ts'
import {CertificateIndex, isServable} from '../../core/routing/certificates.ts'
import {Feed, type Follower} from '../../core/store/feed.ts'
import {Lock} from '../../core/store/lock.ts'
import type {Records, StoredCertificate} from '../../core/store/records.ts'
import type {Store} from '../../core/store/store.ts'
import {Authorities} from './acme.ts'
import {dueAt} from './due.ts'
import {LocalCa} from './local-ca.ts'
import {Material} from './material.ts'
import {ChallengeTokens} from './tokens.ts'
import {Work} from './work.ts'

export interface ManagerOptions {
  config: Config
  store: Store
  records: Records
  log: Log
  /** Where clients find what the local CA has revoked; see LocalCa. */
  crlUrl?: string
  /** Milliseconds a dead leader stays the leader. */
  leaderFor?: number
  /** The time in ms since 1970; tests move it. */
  now?: () => number
}

/** How many certificates are issued at the same time. */
const parallel = 8

export class CertificateManager implements Follower {
  readonly #options: ManagerOptions
  readonly #all = new Map<string, StoredCertificate>()
  readonly #index = new CertificateIndex()
  readonly #waiting = new Set<() => void>()
  readonly #running = new Map<string, Promise<void>>()
  readonly #lock: Lock
  readonly #feed: Feed
  readonly #tokens: ChallengeTokens
  readonly #ca: LocalCa
  readonly #material: Material
  readonly #tasks: Work
  readonly #leaderFor: number
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #leading = false
  #ticking: Promise<void> = Promise.resolve()

  /** Throws when ACME_CA_BUNDLE cannot be read. */
  constructor(options: ManagerOptions) {
    const {config, store, records, log, crlUrl, leaderFor = 15_000, now = Date.now} = options
    this.#options = options
    this.#leaderFor = leaderFor
    this.#lock = new Lock(store, 'certificates', leaderFor)
    this.#feed = new Feed(store, this, error => log.warn({err: error}, 'the change feed is interrupted'))
    this.#tokens = new ChallengeTokens(store)
    this.#ca = new LocalCa(records.tls, crlUrl)
    this.#material = new Material(config, records)
    this.#tasks = new Work({
      config,
      records,
      tokens: this.#tokens,
      authorities: new Authorities(config, records.account),
      ca: this.#ca,
      log,
      now,
      leads: () => this.#lock.held,
    })
  }

  /** Resolves once the records are known and what every handshake needs is there. */
  async start(): Promise<void> {
    await this.#feed.start()
    await this.#material.ensure()
    await this.#tick()
  }

  /** Gives the lead away. What is under way is taken over by another replica. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#ticking
    await this.#lock.release().catch(() => {})
    await this.#feed.stop()
    for (const wake of this.#waiting) wake()
  }

  async load(): Promise<void> {
    const found = new Map<string, StoredCertificate>()
    for await (const [name, record] of this.#options.records.certificate.all()) found.set(name, record)
    this.#all.clear()
    this.#index.clear()
    for (const [name, record] of found) this.#set(name, record)
    this.#changed()
  }

  async reread(changed: Map<string, Set<string>>): Promise<void> {
    const names = [...(changed.get('certificate') ?? [])]
    if (names.length === 0) return
    const found = await this.#options.records.certificate.getMany(names)
    names.forEach((name, index) => this.#set(name, found[index]))
    this.#changed()
  }

  async changed(name: string, revision: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#stopped) {
      const record = this.#all.get(name)
      if (!record || record.revision > revision) return
      const {promise, resolve} = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      signal.addEventListener('abort', () => resolve(), {once: true})
      await promise
      this.#waiting.delete(resolve)
    }
  }

  coverage(proxy: ProxyTarget): Coverage {
    const {hostname} = proxy
    const served = this.#index.findAt(hostname, proxy, 0)
    if (served) {
      const {cert_name, expires_at = ''} = served
      const status = Date.parse(expires_at) > this.#now() ? 'covered' : 'expired'
      return {hostname, cert_name, status, expires_at}
    }
    const asked = proxy.certificate ?? hostname
    const coming = this.#all.get(asked)
    if (!coming) return {hostname, status: 'none'}
    const {cert_name, generation} = coming
    if (generation.state !== 'failed') return {hostname, cert_name, status: 'pending'}
    const {detail, problem, remedy} = generation
    return {
      hostname,
      cert_name,
      status: 'failed',
      detail: String(problem?.['detail'] ?? detail),
      ...(remedy !== undefined && {remedy}),
    }
  }

  covering(hostname: string, owner: string): string | undefined {
    return this.#index.findAt(hostname, {owner} as ProxyTarget, this.#now())?.cert_name
  }

  health(): {
    cert_name: string
    owner: string
    expires_at: string | undefined
    failure: string | undefined
  }[] {
    return [...this.#all.values()].map(({cert_name, owner, expires_at, generation}) => ({
      cert_name,
      owner,
      expires_at,
      failure:
        generation.attempts > 0
          ? String(generation.problem?.['detail'] ?? generation.detail)
          : expires_at !== undefined && Date.parse(expires_at) <= this.#now()
            ? 'it has expired'
            : undefined,
    }))
  }

  localCrl(): Promise<Buffer> {
    return this.#ca.crl()
  }

  localCa(): ReturnType<LocalCa['describe']> {
    return this.#ca.describe()
  }

  challenge(token: string): Promise<string | undefined> {
    return this.#tokens.get(token)
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }

  #set(name: string, record: StoredCertificate | undefined): void {
    if (record) this.#all.set(name, record)
    else this.#all.delete(name)
    this.#index.set(name, isServable(record) ? record : undefined)
  }

  #changed(): void {
    for (const wake of this.#waiting) wake()
    if (this.#leading) this.#work()
  }

  /** Keep or take the lead, and look at what is due. */
  async #tick(): Promise<void> {
    if (this.#stopped) return
    this.#ticking = this.#lead()
    await this.#ticking
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.#tick(), this.#pause())
  }

  async #lead(): Promise<void> {
    const {log} = this.#options
    try {
      const led = this.#leading
      this.#leading = await this.#lock.hold()
      if (!this.#leading) return
      if (!led) log.info('this replica looks after the certificates')
      await this.#material.refresh(this.#now(), [...this.#all.values()])
      this.#work()
    } catch (error) {
      this.#leading = false
      log.warn({err: error as Error}, 'certificates could not be looked after')
    }
  }

  /** ms until the next look: the lock has to be kept, and what is due sooner is not waited for longer. */
  #pause(): number {
    const {config} = this.#options
    const keep = Math.min(this.#leaderFor / 3, config.RENEWAL_CHECK_INTERVAL * 1000)
    if (!this.#leading) return keep
    const now = this.#now()
    let next = now + keep
    for (const record of this.#all.values()) {
      if (!this.#running.has(record.cert_name)) next = Math.min(next, dueAt(record))
    }
    return Math.max(next - now, 50)
  }

  #work(): void {
    const now = this.#now()
    const due = [...this.#all.values()]
      .filter(record => !this.#running.has(record.cert_name) && dueAt(record) <= now)
      .sort((one, other) => dueAt(one) - dueAt(other))
    for (const record of due.slice(0, Math.max(parallel - this.#running.size, 0))) this.#begin(record)
  }

  #begin(record: StoredCertificate): void {
    const name = record.cert_name
    const done = this.#tasks.run(record).finally(() => {
      this.#running.delete(name)
      if (this.#leading && !this.#stopped) setImmediate(() => this.#work())
    })
    this.#running.set(name, done)
  }
}
