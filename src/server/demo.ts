// The demo: both echo MCP servers of examples/, as supervised children or as services, published through the gateway.
import {extname} from 'node:path'
import {createInterface} from 'node:readline'
import {fileURLToPath} from 'node:url'
import type {Certificate} from '../core/contract/certificate.ts'
import type {Instance} from '../core/contract/instance.ts'
import type {ProxyTarget} from '../core/contract/proxy.ts'
import type {Route} from '../core/contract/route.ts'
import type {DemoStatus} from '../core/contract/system.ts'
import {adminName} from '../core/contract/token.ts'
import type {Log} from '../core/log.ts'
import {Problem} from '../core/problem.ts'
import type {Collection} from '../core/store/collection.ts'
import type {Records} from '../core/store/records.ts'
import type {Change, Store} from '../core/store/store.ts'
import {type Running, Supervised, spawnGuarded} from '../core/supervised.ts'

const eras = ['stateless', 'stateful'] as const
type Era = (typeof eras)[number]
const nameOf = (era: Era): string => `echo-${era}`

const localHost = '127.0.0.1'
const startTimeout = 15_000

export interface DemoOptions {
  store: Store
  records: Pick<Records, 'proxy' | 'route' | 'instance' | 'service' | 'resource' | 'key' | 'certificate'>
  /** What orders the certificate of a new proxy, where it needs one of its own. */
  certify: (proxy: NewProxy) => Promise<Omit<Certificate, 'revision'> | undefined>
  /** Id of this replica: the servers run on the one that was asked. */
  replica: string
  baseDomain: string | undefined
  /** Public HTTP port. */
  port: number
  log: Log
}

/** Kept in Redis while the demo is on. */
interface Mark {
  replica: string
  /** What was made for it, as `noun/key`; what stood before stays. */
  made: string[]
  /** Whether the servers are services, which the service manager looks after. */
  docker?: boolean
}

type ForService = (name: string) => Promise<unknown>

type NewProxy = Omit<ProxyTarget, 'revision'>

/** What goes into a record before it is stamped. */
type Draft<R> = Omit<R, 'revision' | 'owner' | 'created_at' | 'updated_at'>

export class Demo {
  readonly #options: DemoOptions
  readonly #servers = new Map<Era, Supervised>()
  readonly #urls = new Map<Era, string>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: DemoOptions) {
    this.#options = options
  }

  /** Run and publish the servers; does nothing when they are. Throws demo-failed, already-exists. */
  start(createService?: ForService): Promise<DemoStatus> {
    return this.#inTurn(async () => {
      const mark = await this.#mark()
      const docker = createService !== undefined
      if (mark && docker && !mark.docker)
        throw new Problem('already-exists', 'The demo runs without Docker', {
          hint: 'take it away first: `mcpx demo --remove`',
        })
      if (mark?.docker) return this.#status(mark)
      if (!mark) await this.#refuseForeign(docker)
      if (!docker) await this.#run()
      await this.#publish(mark?.made ?? [], createService)
      return this.#status({docker})
    })
  }

  async status(): Promise<DemoStatus> {
    return this.#status(await this.#mark())
  }

  /** Take away what `start` made, and nothing else. */
  remove(removeService: ForService): Promise<void> {
    return this.#inTurn(async () => {
      const mark = await this.#mark()
      if (mark) await this.#unpublish(mark.made, removeService)
      await this.#end()
    })
  }

  /** At the start of this replica: bring the demo back if it was on here. Failures are logged. */
  resume(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        const mark = await this.#mark()
        if (mark?.replica !== this.#options.replica || mark.docker) return
        await this.#run()
        await this.#publish(mark.made)
      } catch (error) {
        this.#options.log.error({err: error}, 'the demo did not come back')
      }
    })
  }

  /** End the servers; the demo stays on for the next start. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#end())
  }

  /** One call after the other: two that overlap would make the records twice. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }

  get #key(): string {
    return `${this.#options.store.prefix}demo`
  }

  async #mark(): Promise<Mark | undefined> {
    const {store} = this.#options
    const text = await store.call(() => store.redis.get(this.#key))
    return text === null ? undefined : (JSON.parse(text) as Mark)
  }

  #status(mark: Pick<Mark, 'docker'> | undefined): DemoStatus {
    const servers = eras.map(era => ({name: nameOf(era), url: this.#publicUrl(era), era}))
    return {running: mark !== undefined, docker: mark?.docker ?? false, servers: mark ? servers : []}
  }

  #publicUrl(era: Era): string {
    const {baseDomain, port} = this.#options
    const suffix = port === 80 ? '' : `:${port}`
    if (baseDomain === undefined) return `http://${localHost}${suffix}/${nameOf(era)}/mcp`
    return `http://${nameOf(era)}.${baseDomain}${suffix}/mcp`
  }

  async #run(): Promise<void> {
    try {
      await Promise.all(eras.map(era => this.#runServer(era)))
    } catch (cause) {
      await this.#end()
      throw new Problem('demo-failed', (cause as Error).message, {cause})
    }
  }

  async #runServer(era: Era): Promise<void> {
    if (this.#servers.has(era)) return
    const report = (how: string): void => this.#options.log.warn({server: nameOf(era)}, how)
    const server = new Supervised(async signal => {
      const {url, running} = await launchServer(era, signal)
      const moved = this.#urls.has(era)
      this.#urls.set(era, url)
      if (moved) await this.#followServer(era)
      return running
    }, report)
    this.#servers.set(era, server)
    await server.start()
  }

  async #end(): Promise<void> {
    const servers = [...this.#servers.values()]
    this.#servers.clear()
    this.#urls.clear()
    await Promise.all(servers.map(server => server.stop()))
  }

  /** A server that was started again has another port. */
  async #followServer(era: Era): Promise<void> {
    const target_url = this.#urls.get(era)
    if (target_url === undefined) return
    await this.#options.records.instance.update(nameOf(era), current => ({...current, target_url}))
  }

  /** Throws already-exists when a name is taken by something that is not the demo's. */
  async #refuseForeign(docker: boolean): Promise<void> {
    const {baseDomain, records} = this.#options
    for (const [noun, key] of this.#wanted(docker).map(split)) {
      if (baseDomain === undefined && noun === 'proxy') continue
      const known = await records[noun].get(key)
      if (known) {
        throw new Problem('already-exists', `${noun} ${key} exists and is not of the demo`, {
          hint: `delete or rename it first; the demo makes ${this.#wanted(docker).join(', ')}`,
        })
      }
    }
  }

  /** Every record of the demo, in the order they are made. */
  #wanted(docker: boolean): string[] {
    const {baseDomain} = this.#options
    const names = eras.map(nameOf)
    const hosts = baseDomain === undefined ? [localHost] : names.map(name => `${name}.${baseDomain}`)
    return [
      ...names.map(name => `${docker ? 'service' : 'instance'}/${name}`),
      ...hosts.map(host => `proxy/${host}`),
      ...names.map(name => `route/${name}`),
    ]
  }

  /** Make what is missing, in one write, and note what was made; point the instances at the servers. */
  async #publish(made: string[], createService?: ForService): Promise<void> {
    const {store, records, replica} = this.#options
    const docker = createService !== undefined
    const missing: string[] = []
    for (const id of this.#wanted(docker)) {
      const [noun, key] = split(id)
      if ((await records[noun].get(key)) === undefined) missing.push(id)
    }
    const orders = await this.#orders(missing)
    const certificates = orders.map(({cert_name}) => `certificate/${cert_name}`)
    const all = [...new Set([...made, ...certificates, ...missing])]
    const mark: Mark = {replica, made: all, ...(docker && {docker})}
    // First the note: what is made and not noted could not be taken away.
    await store.call(() => store.redis.set(this.#key, JSON.stringify(mark)))
    const ordered = orders.map(order => records.certificate.creation(order.cert_name, order))
    if (createService) return this.#publishServices(missing, ordered, createService)
    if (missing.length > 0) await store.write([...missing.map(id => this.#creation(id)), ...ordered])
    for (const era of eras) {
      if (!missing.includes(`instance/${nameOf(era)}`)) await this.#followServer(era)
    }
  }

  /** Certificates for the new proxies among `missing`, as anybody's proxy gets one. */
  async #orders(missing: string[]): Promise<Omit<Certificate, 'revision'>[]> {
    const hosts = missing.map(split).flatMap(([noun, key]) => (noun === 'proxy' ? [key] : []))
    const orders = await Promise.all(hosts.map(host => this.#options.certify(stamped(proxyDraft(host)))))
    return orders.filter(order => order !== undefined)
  }

  /** The services first: without an engine, or where their names are refused, nothing is made. */
  async #publishServices(missing: string[], ordered: Change[], createService: ForService): Promise<void> {
    const {store} = this.#options
    const made: string[] = []
    try {
      for (const era of eras) {
        await createService(nameOf(era))
        made.push(nameOf(era))
      }
    } catch (error) {
      if (made.length === 0) await store.call(() => store.redis.del(this.#key))
      throw error
    }
    const others = missing.filter(id => split(id)[0] !== 'service')
    if (others.length > 0) await store.write([...others.map(id => this.#creation(id, 'service')), ...ordered])
  }

  #creation(id: string, target: 'instance' | 'service' = 'instance'): Change {
    const {records} = this.#options
    const [noun, key] = split(id)
    const era = eras.find(one => key === nameOf(one) || key.startsWith(`${nameOf(one)}.`))
    if (noun === 'proxy') return creation(records.proxy, key, proxyDraft(key))
    if (era === undefined) throw new Error(`${id} is no record of the demo`)
    if (noun === 'instance') return creation(records.instance, key, this.#instanceDraft(era))
    return creation(records.route, key, this.#routeDraft(era, target))
  }

  #instanceDraft(era: Era): Draft<Instance> {
    const target_url = this.#urls.get(era)
    if (target_url === undefined) throw new Error(`${nameOf(era)} does not run`)
    return {name: nameOf(era), target_url, description: `Demo: an echo MCP server (${era})`}
  }

  #routeDraft(era: Era, target_type: 'instance' | 'service'): Draft<Route> {
    const {baseDomain} = this.#options
    const local = baseDomain === undefined
    return {
      route_id: nameOf(era),
      path_pattern: local ? `/${nameOf(era)}` : '/',
      target_type,
      target_value: nameOf(era),
      hosts: [local ? localHost : `${nameOf(era)}.${baseDomain}`],
      priority: 50,
      methods: ['*'],
      is_exact: false,
      is_regex: false,
      strip_path: local,
      enabled: true,
      description: 'Demo',
    }
  }

  async #unpublish(made: string[], removeService: ForService): Promise<void> {
    const {store, records} = this.#options
    const changes: Change[] = []
    for (const id of [...made].reverse()) {
      const [noun, key] = split(id)
      if (noun === 'service') continue
      if (noun === 'proxy' && (await this.#isUsed(key, made))) continue
      // It is named after its proxy, which still uses it when it stays.
      if (noun === 'certificate' && (await this.#isUsed(key, made))) continue
      if (noun === 'proxy') changes.push(...(await this.#protectionOf(key)))
      if (await records[noun].get(key)) changes.push(records[noun].deletion(key))
    }
    // A proxy that stays keeps no resource of a server that goes.
    for (const uri of eras.map(era => this.#publicUrl(era))) {
      const going = changes.some(({noun, key}) => noun === 'resource' && key === uri)
      if (!going && (await records.resource.get(uri))) changes.push(records.resource.deletion(uri))
    }
    if (changes.length > 0) await store.write(changes)
    for (const [noun, key] of made.map(split))
      if (noun === 'service' && (await records.service.get(key))) await removeService(key)
    await store.call(() => store.redis.del(this.#key))
  }

  /** What protects a proxy, which is nothing without it. */
  async #protectionOf(hostname: string): Promise<Change[]> {
    const {resource, key} = this.#options.records
    const changes: Change[] = []
    for await (const [id, one] of resource.all())
      if (one.proxy_target === hostname) changes.push(resource.deletion(id))
    for await (const [id, one] of key.all()) if (one.hostname === hostname) changes.push(key.deletion(id))
    return changes
  }

  /** Whether somebody has begun to use the proxy that the demo made. */
  async #isUsed(hostname: string, made: string[]): Promise<boolean> {
    const {records} = this.#options
    const proxy = await records.proxy.get(hostname)
    if (proxy?.target_url !== undefined) return true
    for await (const [id, route] of records.route.all()) {
      if (route.hosts?.includes(hostname) && !made.includes(`route/${id}`)) return true
    }
    return false
  }
}

type Noun = 'proxy' | 'route' | 'instance' | 'service' | 'certificate'
const split = (id: string): [Noun, string] => id.split('/') as [Noun, string]

const proxyDraft = (hostname: string): Draft<ProxyTarget> => ({
  hostname,
  enabled: true,
  enable_http: true,
  enable_https: true,
  redirect_to_https: true,
  preserve_host_header: true,
  route_mode: 'all',
  enabled_routes: [],
  disabled_routes: [],
  description: 'Demo',
})

function creation<R extends {owner: string; revision: number; created_at: string; updated_at: string}>(
  collection: Collection<R>,
  key: string,
  draft: Draft<R>,
): Change {
  return collection.creation(key, stamped(draft) as unknown as Omit<R, 'revision'>)
}

function stamped<D extends object>(draft: D): D & {owner: string; created_at: string; updated_at: string} {
  const now = new Date().toISOString()
  return {...draft, owner: adminName, created_at: now, updated_at: now}
}

/** Start one echo server on a free port of this machine; resolves with its address once it listens. */
async function launchServer(era: Era, signal: AbortSignal): Promise<{url: string; running: Running}> {
  const file = new URL(`../../examples/${nameOf(era)}${extname(import.meta.filename)}`, import.meta.url)
  // Nothing of our own environment: it holds secrets.
  const env = {PATH: process.env['PATH'], HOST: localHost, PORT: '0'}
  const {child, running} = spawnGuarded(process.execPath, [fileURLToPath(file)], {env})
  signal.addEventListener('abort', () => running.kill(), {once: true})
  const late = setTimeout(() => running.kill(), startTimeout)
  const listening = new Promise<string>((resolve, reject) => {
    void running.ended.then(how => reject(new Error(`${nameOf(era)} ${how} before it listened`)))
    if (!child.stdout) return
    createInterface({input: child.stdout}).on('line', line => {
      const url = announced(line)
      if (url !== undefined) resolve(url)
    })
  })
  try {
    return {url: new URL(await listening).origin, running}
  } finally {
    clearTimeout(late)
  }
}

/** The address in `{"listening": url}`. */
function announced(line: string): string | undefined {
  try {
    return (JSON.parse(line) as {listening?: string}).listening
  } catch {
    return undefined
  }
}
