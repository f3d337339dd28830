// The service manager: compares the services of this engine with its containers, when records change, when the engine
// tells of an event, and every few seconds; each replica for its own engine only.

import type {Readable} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import type {Config} from '../../core/config.ts'
import type {Protocol} from '../../core/contract/port.ts'
import type {LogLine, ProgressEvent, Service, ServiceStats} from '../../core/contract/service.ts'
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import {Feed} from '../../core/store/feed.ts'
import {Lock} from '../../core/store/lock.ts'
import type {Records} from '../../core/store/records.ts'
import type {Store} from '../../core/store/store.ts'
import {type Container, Engine, labels} from './engine.ts'
import {portsInUse} from './in-use.ts'
import {Journal} from './journal.ts'
import {cleanUp, type Leftovers} from './leftovers.ts'
import {type LogWish, logLines, logOptions} from './logs.ts'
import {type Measured, Meter} from './meter.ts'
import {Presence} from './presence.ts'
import {portTaken} from './probe.ts'
import {Uploads} from './uploads.ts'
import {ServiceWorker} from './worker.ts'

export interface ManagerOptions {
  config: Config
  store: Store
  records: Records
  /** Id of this replica. */
  replica: string
  /** Directory for uploaded build contexts. */
  directory: string
  /** Hears of what went wrong in the background. */
  report: (error: Error) => void
}

/** Milliseconds between looks at everything. */
const lookEvery = 10_000
/** Milliseconds after which the lock on a service falls free when its holder is gone. */
const lease = 15_000

export class ServiceManager {
  readonly #options: ManagerOptions
  readonly #engine: Engine
  readonly #meter: Meter
  readonly #journal = new Journal()
  readonly #uploads: Uploads
  readonly #queue = new Map<string, Promise<void>>()
  /** What has not begun yet: who asks for the same meanwhile is served by it. */
  readonly #waiting = new Map<string, Promise<void>>()
  readonly #presence: Presence
  readonly #stopping = new AbortController()
  readonly #feed: Feed
  #worker: Promise<ServiceWorker> | undefined
  #looking: Promise<void> | undefined
  #watching: Promise<void> | undefined

  constructor(options: ManagerOptions) {
    this.#options = options
    this.#engine = new Engine(options.config)
    this.#meter = new Meter(this.#engine)
    this.#uploads = new Uploads(options.directory)
    this.#presence = new Presence(options.store)
    const wake = async (names: Iterable<string>): Promise<void> => {
      for (const name of names) void this.apply(name).catch(this.#reportOnce)
    }
    this.#feed = new Feed(
      options.store,
      {load: () => this.#withdrawEnded(), reread: changed => wake(changed.get('service') ?? [])},
      this.#report,
    )
  }

  async start(): Promise<void> {
    await this.#feed.start()
    this.#looking = this.#engine.joinDefault().then(() => this.#lookAgain())
    this.#watching = this.#watch()
  }

  /** Containers go on running. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#feed.stop()
    await Promise.all([this.#looking, this.#watching])
    await Promise.allSettled(this.#queue.values())
  }

  /** Id of the engine. Throws engine-unavailable. */
  engineId(): Promise<string> {
    return this.#engine.id()
  }

  /** Whether an engine is neither ours nor that of another replica which runs. Throws engine-unavailable. */
  async isLost(engine: string): Promise<boolean> {
    return (await this.#presence.isLost(engine)) && engine !== (await this.#engine.id())
  }

  /** How many CPUs the machine of an engine has, if it is this one and answers. */
  async cpusOf(engine: string): Promise<number | undefined> {
    const info = await this.#engine.info().catch(() => undefined)
    return info?.ID === engine ? info.NCPU : undefined
  }

  /** Why a port of this machine cannot be had; undefined when it can. Of another machine's engine nothing is known before. */
  async portTaken(bind: string, port: number, protocol: Protocol): Promise<string | undefined> {
    return this.#engine.local ? portTaken(bind, port, protocol) : undefined
  }

  /** TCP ports of this machine that somebody uses at this address; of another machine's engine none is known. */
  async portsInUse(bind: string): Promise<ReadonlySet<number>> {
    return this.#engine.local ? portsInUse(bind) : new Set()
  }

  async unguardable(): Promise<string | undefined> {
    if (!this.#engine.local)
      return `The engine is on another machine than mcpx (${this.#options.config.DOCKER_HOST})`
    const network = (await this.#engine.own())?.HostConfig.NetworkMode
    if (network === undefined) return undefined
    return `mcpx runs in a container with the network \`${network}\`, whose ports are not those of the machine`
  }

  upload(archive: Readable): Promise<string> {
    return this.#uploads.accept(archive)
  }

  hasUpload(id: string): boolean {
    return this.#uploads.has(id)
  }

  /** Bring a service to where its record says, after whatever is under way for it. Throws engine-unavailable. */
  apply(name: string): Promise<void> {
    const waiting = this.#waiting.get(name)
    if (waiting) return waiting
    const mine = this.#serially(name, async worker => {
      this.#waiting.delete(name)
      const service = await this.#options.records.service.get(name)
      const isOurs = service?.engine === (await this.#engine.id())
      if (isOurs) return worker.settle(name)
      if (service && (await this.#presence.isLost(service.engine))) await worker.lose(service)
      const {redis} = this.#options.store
      const removals = await this.#removals()
      if (service && (await redis.sismember(removals, name)) === 0) return
      await worker.remove(name)
      await redis.srem(removals, name)
    })
    this.#waiting.set(name, mine)
    const forget = (): void => {
      if (this.#waiting.get(name) === mine) this.#waiting.delete(name)
    }
    mine.then(forget, forget)
    return mine
  }

  /** A new way of a service begins: what was said of the one before is not told again. */
  begin(name: string): void {
    this.#journal.begin(name)
  }

  /** Note that the container of a service has to go once its record is gone, or is of another engine. */
  async forget({service_name, engine}: Service): Promise<void> {
    const {store} = this.#options
    await store.call(() => store.redis.sadd(`${store.prefix}service:removals:${engine}`, service_name))
    this.#journal.begin(service_name)
  }

  /** Throws engine-elsewhere, engine-unavailable. */
  async restart(service: Service): Promise<void> {
    await this.#here(service)
    await this.#serially(service.service_name, worker => worker.restart(service.service_name))
  }

  /** What happens to a service until it is where it should be. */
  async *progress(name: string, signal: AbortSignal): AsyncGenerator<ProgressEvent> {
    const ended = new AbortController()
    const either = AbortSignal.any([signal, ended.signal, this.#stopping.signal])
    const {service: services} = this.#options.records
    // The journal of another replica's engine is not here: the record tells when it is done.
    const look = async (): Promise<void> => {
      while (!either.aborted) {
        const service = await services.get(name)
        if (service?.status !== 'creating') return ended.abort()
        await delay(250, undefined, {signal: either}).catch(() => {})
      }
    }
    const looking = look()
    let said: Service['status'] | undefined
    for await (const event of this.#journal.follow(name, either)) {
      said = event.status
      yield event
    }
    await looking
    const service = await services.get(name)
    if (!service || signal.aborted) return
    const {status, reason} = service
    if (status === said) return
    const text = status === 'failed' ? `It failed: ${reason ?? 'for no known reason'}` : `It is ${status}`
    yield {time: new Date().toISOString(), text, status, ...(reason !== undefined && {reason})}
  }

  /** Throws service-not-running, engine-elsewhere, engine-unavailable. */
  async *logs(service: Service, wish: LogWish, follow: AbortSignal | undefined): AsyncGenerator<LogLine> {
    const container = this.#engine.docker.getContainer((await this.#containerOf(service)).Id)
    const timestamps = wish.timestamps ?? false
    if (!follow) {
      const all = await this.#engine.call(() => container.logs({...logOptions(wish), follow: false}))
      return yield* logLines([all], timestamps)
    }
    const stream = await this.#engine.call(() => container.logs({...logOptions(wish), follow: true}))
    const source = stream as Readable
    const end = (): void => void source.destroy()
    const signal = AbortSignal.any([follow, this.#stopping.signal])
    signal.addEventListener('abort', end, {once: true})
    try {
      yield* logLines(source, timestamps)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      end()
    }
  }

  /** Takes a second or two. Throws as `logs`. */
  async stats(service: Service): Promise<ServiceStats> {
    const {Id, State} = await this.#containerOf(service)
    if (!State.Running)
      throw new Problem('service-not-running', `The service ${service.service_name} is not running`)
    const found = await this.#meter.measureOne({...service, container_id: Id})
    if (found) return found
    throw new Problem('service-not-running', `The service ${service.service_name} ended meanwhile`)
  }

  /** Of those services that run here. Throws engine-unavailable. */
  async statsAll(services: readonly Service[]): Promise<Measured> {
    const engine = await this.#engine.id()
    return this.#meter.measure(services.filter(service => service.engine === engine))
  }

  /** Remove what services that are gone left; volumes only when asked. Throws engine-unavailable. */
  async cleanup(deleteVolumes: boolean): Promise<Leftovers> {
    const {records} = this.#options
    const remove = (name: string): Promise<void> => this.apply(name)
    const installation = await this.#installation()
    return cleanUp({engine: this.#engine, records, installation, remove}, deleteVolumes)
  }

  /** That the engine is away is told by the regular look. */
  readonly #reportOnce = (error: Error): void => {
    if (!(error instanceof Problem && error.code === 'engine-unavailable')) this.#report(error)
  }

  readonly #report = (error: Error): void => {
    if (!this.#stopping.signal.aborted) this.#options.report(error)
  }

  #installation(): Promise<string> {
    return this.#options.store.firstStart('installation', () => crypto.randomUUID())
  }

  #getWorker(): Promise<ServiceWorker> {
    const make = async (): Promise<ServiceWorker> =>
      new ServiceWorker({
        engine: this.#engine,
        records: this.#options.records,
        journal: this.#journal,
        uploads: this.#uploads,
        installation: await this.#installation(),
        stopping: this.#stopping.signal,
      })
    this.#worker ??= make().catch(error => {
      this.#worker = undefined
      throw error
    })
    return this.#worker
  }

  async #removals(): Promise<string> {
    return `${this.#options.store.prefix}service:removals:${await this.#engine.id()}`
  }

  async #here({service_name, engine}: Service): Promise<void> {
    if (engine === (await this.#engine.id())) return
    if (await this.#presence.isLost(engine))
      throw new Problem(
        'engine-elsewhere',
        `No mcpx that runs has the engine of ${service_name} (${engine})`,
        {
          hint: `run it on the engine that is here: \`mcpx service start ${service_name}\``,
        },
      )
    throw new Problem('engine-elsewhere', `The service ${service_name} runs on the engine ${engine}`)
  }

  async #containerOf(service: Service): Promise<Container> {
    await this.#here(service)
    const container = await (await this.#getWorker()).find(service.service_name)
    if (container) return container
    throw new Problem('service-not-running', `The service ${service.service_name} has no container`)
  }

  /** One thing at a time for each service, over all replicas. */
  #serially(name: string, work: (worker: ServiceWorker) => Promise<void>): Promise<void> {
    const before = this.#queue.get(name) ?? Promise.resolve()
    const mine = before
      .catch(() => {})
      .then(async () => {
        if (this.#stopping.signal.aborted) return
        const worker = await this.#getWorker()
        await this.#locked(name, () => work(worker))
      })
    this.#queue.set(name, mine)
    const forget = (): void => {
      if (this.#queue.get(name) === mine) this.#queue.delete(name)
    }
    mine.then(forget, forget)
    return mine
  }

  async #locked(name: string, work: () => Promise<void>): Promise<void> {
    const lock = new Lock(this.#options.store, `service:${name}`, lease)
    while (!(await lock.hold())) await delay(50)
    const keep = setInterval(() => void lock.hold().catch(this.#report), lease / 3)
    try {
      await work()
    } finally {
      clearInterval(keep)
      await lock.release().catch(this.#report)
    }
  }

  async #look(): Promise<void> {
    const {records, store} = this.#options
    const engine = await this.#engine.id()
    await this.#announce(engine)
    const names: string[] = await store.call(async () => store.redis.smembers(await this.#removals()))
    const running: string[] = []
    for await (const [name, service] of records.service.all()) {
      names.push(name)
      if (service.engine !== engine) continue
      if (service.status === 'running' && service.container_id !== undefined)
        running.push(service.container_id)
    }
    void this.#meter.prepare(running)
    await Promise.all(names.map(name => this.apply(name).catch(this.#reportOnce)))
  }

  /** Take back what addresses no running container has. The engine may be away: which one it is was written down. */
  async #withdrawEnded(): Promise<void> {
    const {records, replica} = this.#options
    const known = await records.replica.get(replica)
    if (known) await (await this.#getWorker()).withdrawEnded(known.engine)
  }

  /** Write down whose engine this replica manages: its gateway listens on the guarded ports of that engine. */
  async #announce(engine: string): Promise<void> {
    const {replica} = this.#options
    const {replica: replicas} = this.#options.records
    const known = await replicas.get(replica)
    await this.#presence.announce(engine)
    if (known?.engine === engine) return
    const record = {replica, engine, owner: adminName}
    if (known) await replicas.update(replica, () => record)
    else await replicas.create(replica, record)
  }

  /** The engine does not answer: it is looked after all the same. */
  async #announceAbsent(): Promise<void> {
    const {records, replica} = this.#options
    // With the store away there is nobody to tell.
    const known = await records.replica.get(replica).catch(() => undefined)
    if (known) await this.#presence.announce(known.engine).catch(() => {})
  }

  async #lookAgain(): Promise<void> {
    let said = ''
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#look()
        said = ''
      } catch (error) {
        await this.#announceAbsent()
        // An engine that stays away is told once.
        if ((error as Error).message !== said) this.#report(error as Error)
        said = (error as Error).message
      }
      await delay(lookEvery, undefined, {signal: this.#stopping.signal}).catch(() => {})
    }
  }

  /** Follow the events of the engine; when it comes back after being away, look at everything. */
  async #watch(): Promise<void> {
    const {signal} = this.#stopping
    let away = false
    while (!signal.aborted) {
      try {
        const filters = {
          type: ['container' as const],
          label: [`${labels.installation}=${await this.#installation()}`],
        }
        const stream = (await this.#engine.call(() => this.#engine.docker.getEvents({filters}))) as Readable
        if (away)
          void this.#withdrawEnded()
            .then(() => this.#look())
            .catch(this.#report)
        const end = (): void => void stream.destroy()
        signal.addEventListener('abort', end, {once: true})
        try {
          for await (const event of documents(stream)) this.#onEvent(event)
        } finally {
          signal.removeEventListener('abort', end)
        }
      } catch (error) {
        if (!(error instanceof Problem)) this.#report(error as Error)
      }
      away = true
      await delay(500, undefined, {signal}).catch(() => {})
    }
  }

  #onEvent({Action = '', Actor = {}}: EngineEvent): void {
    const name = Actor.Attributes?.[labels.service]
    if (name === undefined || !/^(start|die|oom|destroy|pause|unpause|health_status)/.test(Action)) return
    if (Action === 'start' && Actor.ID !== undefined) void this.#meter.sample(Actor.ID)
    void this.#follow(name, Action === 'die' ? Actor.ID : undefined).catch(this.#reportOnce)
  }

  /** `ended`: the container of a service that has ended; its address is taken back whatever else is under way. */
  async #follow(name: string, ended: string | undefined): Promise<void> {
    if (ended !== undefined) await (await this.#getWorker()).withdraw(name, ended)
    await this.apply(name)
  }
}

interface EngineEvent {
  Action?: string
  Actor?: {ID?: string; Attributes?: Record<string, string>}
}

/** JSON documents, one a line. */
async function* documents(stream: AsyncIterable<Buffer>): AsyncGenerator<Record<string, never>> {
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line)
  }
}
