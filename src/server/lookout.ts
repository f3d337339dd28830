// The lookout: looks at the MCP servers behind proxies in the background, one replica at a time, and finds new ones.
import type {ProxyTarget} from '../core/contract/proxy.ts'
import type {Log} from '../core/log.ts'
import {collect, Feed, type Follower, reread, set} from '../core/store/feed.ts'
import {Lock} from '../core/store/lock.ts'
import {allSeen, forgetSeen, type Seen} from '../core/store/looks.ts'
import type {Records} from '../core/store/records.ts'
import type {Store} from '../core/store/store.ts'
import type {McpPublisher} from './api/mcp-server.ts'

export interface LookoutOptions {
  store: Store
  records: Pick<Records, 'proxy'>
  publisher: Pick<McpPublisher, 'lookAgain'>
  /** Seconds between two looks at the same server; 0 never looks. */
  interval: number
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds a dead leader stays the leader. */
  leaderFor?: number
}

/** How many servers are looked at at the same time. */
const parallel = 4
/** Milliseconds after a change before a look: what belongs together is often written in several steps. */
const settle = 1000
/** Milliseconds until a second look where nothing was found; doubled each time, up to a day. */
const firstRetry = 10_000
const day = 86_400_000

export class Lookout implements Follower {
  readonly #options: LookoutOptions
  readonly #lock: Lock
  readonly #feed: Feed
  readonly #leaderFor: number
  #proxies = new Map<string, ProxyTarget>()
  #seen = new Map<string, Seen>()
  /** Whether something changed since the last look around. */
  #hasty = false
  #leading = false
  readonly #stop = new AbortController()
  #ticking: Promise<void> = Promise.resolve()
  #wake: () => void = () => {}
  #haste: () => void = () => {}

  constructor(options: LookoutOptions) {
    this.#options = options
    this.#leaderFor = options.leaderFor ?? 15_000
    this.#lock = new Lock(options.store, 'mcp', this.#leaderFor)
    this.#feed = new Feed(options.store, this, error =>
      options.log.warn({err: error}, 'the change feed is interrupted'),
    )
  }

  async start(): Promise<void> {
    if (this.#options.interval === 0) return
    await this.#feed.start()
    this.#ticking = this.#run()
  }

  /** Gives the lead away; looks under way are given up. */
  async stop(): Promise<void> {
    if (this.#options.interval === 0) return
    this.#stop.abort()
    this.#haste()
    await this.#feed.stop()
    await this.#ticking
    await this.#lock.release().catch(() => {})
  }

  async load(): Promise<void> {
    this.#proxies = await collect(this.#options.records.proxy)
  }

  async reread(changed: Map<string, Set<string>>): Promise<void> {
    for (const [hostname, proxy] of await reread(this.#options.records.proxy, changed)) {
      set(this.#proxies, hostname, proxy)
      this.#hasty = true
      this.#wake()
    }
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#tick()
      } catch (error) {
        this.#leading = false
        this.#options.log.warn({err: error as Error}, 'MCP servers could not be looked at')
      }
      if (!this.#stop.signal.aborted) await this.#pause()
    }
  }

  /** Until the lead has to be kept, or something changed. */
  #pause(): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<void>()
    const usual = Math.min(this.#leaderFor / 3, this.#options.interval * 1000)
    let timer = setTimeout(resolve, this.#hasty ? settle : usual)
    this.#wake = () => {
      clearTimeout(timer)
      timer = setTimeout(resolve, settle)
      // Changes that go on and on do not put it off.
      this.#wake = () => {}
    }
    this.#haste = resolve
    return promise
  }

  async #tick(): Promise<void> {
    const led = this.#leading
    this.#leading = await this.#lock.hold()
    this.#hasty = false
    if (!this.#leading) return
    // Another replica may have looked until now.
    if (!led) this.#seen = await allSeen(this.#options.store)
    for (const hostname of this.#seen.keys()) if (!this.#proxies.has(hostname)) await this.#forget(hostname)
    const due = [...this.#proxies.values()].filter(proxy => this.#isDue(proxy))
    await Promise.all(Array.from({length: parallel}, () => this.#lookAtAll(due)))
  }

  async #forget(hostname: string): Promise<void> {
    this.#seen.delete(hostname)
    await forgetSeen(this.#options.store, hostname)
  }

  async #lookAtAll(due: ProxyTarget[]): Promise<void> {
    for (let proxy = due.shift(); proxy && !this.#stop.signal.aborted; proxy = due.shift()) {
      // Looks may take longer than the lead lasts.
      if (!(await this.#lock.hold())) return
      await this.#lookAt(proxy)
    }
  }

  async #lookAt(proxy: ProxyTarget): Promise<void> {
    const {publisher, log} = this.#options
    const {hostname} = proxy
    const before = this.#seen.get(hostname)
    try {
      const seen = await publisher.lookAgain(proxy, before, this.#stop.signal)
      this.#seen.set(hostname, seen)
      if (seen.found && !before?.found && !proxy.mcp)
        log.info({hostname, endpoint: seen.endpoint}, 'found an MCP server')
    } catch (error) {
      if (this.#stop.signal.aborted) return
      // Somebody changed the proxy meanwhile: it is looked at again for that.
      log.warn({hostname, err: error as Error}, 'an MCP server could not be looked at')
    }
  }

  #isDue(proxy: ProxyTarget): boolean {
    const {hostname, enabled, mcp, target_url = ''} = proxy
    // Somebody decided that it is none.
    if (!enabled || (mcp && !mcp.enabled)) return false
    const seen = this.#seen.get(hostname)
    if (!seen || seen.url !== target_url || (mcp && mcp.endpoint !== seen.endpoint)) return true
    // It came behind a login since it was found.
    if (seen.found && !seen.protects && !mcp && proxy.auth?.enabled) return true
    const interval = this.#options.interval * 1000
    const patience = Math.min(day, firstRetry * 2 ** Math.min(seen.misses - 1, 20))
    const wait = seen.found ? interval : mcp?.enabled ? Math.min(interval, patience) : patience
    return Date.parse(seen.at) + wait <= Date.now()
  }
}
