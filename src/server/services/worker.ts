// One service at a time: brings its container to where the record says it should be.
import {setTimeout as delay} from 'node:timers/promises'
import type {ContainerInfo} from 'dockerode'
import type {Service} from '../../core/contract/service.ts'
import {Problem} from '../../core/problem.ts'
import {configHash, containerName, nextName} from './container.ts'
import {type Container, engineText, isBeingRemoved, labels, unlessDone} from './engine.ts'
import {logLines, logOptions} from './logs.ts'
import {make, type WorkerParts} from './making.ts'
import {type Observation, observe} from './observe.ts'
import {accepts} from './probe.ts'
import {isWanted, Superseded} from './supply.ts'

/** Seconds a container gets to end by itself. */
const stopPatience = 10
/** Milliseconds after which an engine that does not say what runs counts as away. */
const answerWithin = 2000

export class ServiceWorker {
  readonly #parts: WorkerParts

  constructor(parts: WorkerParts) {
    this.#parts = parts
  }

  /** Bring a service to where it should be, and write down where it is. Throws engine-unavailable, store-unavailable. */
  async settle(name: string): Promise<void> {
    const service = await this.#parts.records.service.get(name)
    const {container, next} = await this.#both(name)
    // Nothing is under way: this one was left when mcpx ended in the middle of a replacement.
    if (next) await this.#remove(name, next)
    if (!service) return
    try {
      await this.#settle(service, container)
    } catch (error) {
      if (error instanceof Problem) throw error
      if (error instanceof Superseded) return
      const current = await this.#parts.records.service.get(name)
      if (current === undefined || configHash(current) !== configHash(service)) return
      if (isBeingRemoved(error)) return void (await this.#note(current, leaving(current), []))
      await this.#note(current, remaining(current, await this.find(name), engineText(error)), [])
    }
  }

  /** Remove what a service has on this engine. */
  async remove(name: string): Promise<void> {
    const {container, next} = await this.#both(name)
    await this.#remove(name, next)
    await this.#remove(name, container)
  }

  /** Write down that nobody looks after the engine of a service: where it answered, something else may be. */
  async lose(service: Service): Promise<void> {
    if (service.wanted === 'stopped')
      return void (await this.#note(service, {status: 'stopped', health: 'none'}, []))
    const {service_name: name, engine, volumes = []} = service
    const emptied = volumes.some(one => !one.startsWith('/')) ? ', where its volumes are empty' : ''
    const reason = `its engine (${engine}) is not here, and no mcpx that runs has it; \`mcpx service start ${name}\` runs it on the engine that is here${emptied}`
    await this.#note(service, {status: 'failed', health: 'none', reason}, [])
  }

  /** Stop and start its container. */
  async restart(name: string): Promise<void> {
    const {docker} = this.#parts.engine
    const container = await this.find(name)
    if (!container) return
    await this.withdraw(name, container.Id)
    await this.#parts.engine
      .call(() => docker.getContainer(container.Id).restart({t: stopPatience}))
      .catch(error => {
        if (!isBeingRemoved(error)) throw error
      })
  }

  /** Take back the address that a service has from a container which ends: the engine gives it to the next one. */
  async withdraw(name: string, container: string | undefined): Promise<void> {
    const {service: services} = this.#parts.records
    const service = await services.get(name)
    if (service?.address === undefined || service.container_id !== container) return
    try {
      await services.update(name, current => {
        const {address, ...rest} = current
        return current.container_id === container || address === undefined ? rest : current
      })
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'not-found')) throw error
    }
  }

  /** Take back every address of an engine that no running container has any more; none while it is away and starts nothing. */
  async withdrawEnded(engineId: string): Promise<void> {
    const {engine, installation, records} = this.#parts
    const filters = {label: [`${labels.installation}=${installation}`], status: ['running', 'paused']}
    const abortSignal = AbortSignal.timeout(answerWithin)
    const found = await engine.docker.listContainers({filters, abortSignal}).catch(() => undefined)
    if (!found) return
    const running = new Map(found.map(container => [container.Id, container]))
    for await (const [name, {engine: at, address, container_id}] of records.service.all()) {
      if (at !== engineId || address === undefined) continue
      const container = running.get(container_id ?? '')
      if (!container || !hasAddress(container, address)) await this.withdraw(name, container_id)
    }
  }

  /**
   * The container of a service, found by its labels: it may have been made before this process began. By its name too:
   * what somebody runs from an image that mcpx built, or from a copy of its container, inherits the labels.
   */
  async find(name: string): Promise<Container | undefined> {
    return (await this.#both(name)).container
  }

  /** `next`: the one that was to replace it. */
  async #both(name: string): Promise<{container: Container | undefined; next: Container | undefined}> {
    const {engine, installation} = this.#parts
    const filters = {
      label: [`${labels.installation}=${installation}`, `${labels.service}=${name}`, labels.config],
      name: [`^/${containerName(name)}(\\.next)?$`],
    }
    const found = await engine.call(() => engine.docker.listContainers({all: true, filters}))
    const called = async (wanted: string): Promise<Container | undefined> => {
      const one = found.find(({Names}) => Names.includes(`/${wanted}`))
      return one && engine.find(() => engine.docker.getContainer(one.Id).inspect())
    }
    return {container: await called(containerName(name)), next: await called(nextName(name))}
  }

  async #settle(service: Service, found: Container | undefined): Promise<void> {
    const {engine, journal} = this.#parts
    const {service_name: name, wanted, status} = service
    if (wanted === 'stopped') {
      if (found?.State.Running || found?.State.Restarting) {
        journal.say(name, 'Stopping', status)
        await this.#stop(name, found)
      }
      await this.#observe(name, wanted)
      return
    }
    // What failed before it had a container of its own is left alone until somebody changes or starts it.
    if (!found && status === 'failed' && service.container_id === undefined) return
    if (found && !isCurrent(service, found) && status === 'failed') {
      await this.#note(service, remaining(service, found, service.reason), service.last_lines ?? [])
      return
    }
    if (!found || !isCurrent(service, found)) {
      if (found) journal.say(name, 'Replacing the container', 'creating')
      await make(this.#parts, {
        service,
        old: found,
        stop: container => this.#stop(name, container),
        vacate: () => this.withdrawEnded(service.engine),
      })
      return this.#untilReady(service)
    }
    if (this.#shouldStart(service, found)) {
      journal.say(name, 'Starting', 'creating')
      await this.withdrawEnded(service.engine)
      await engine.call(() => engine.docker.getContainer(found.Id).start()).catch(unlessDone)
      return this.#untilReady(service)
    }
    if (status === 'creating') return this.#untilReady(service)
    await this.#observe(name, wanted, status)
  }

  /** What ended by itself is the business of its restart policy; what somebody else stopped is started again. */
  #shouldStart({status, restart_policy}: Service, {State: state}: Container): boolean {
    if (state.Running || state.Restarting || state.Paused) return false
    return status === 'creating' || restart_policy === 'always' || restart_policy === 'unless-stopped'
  }

  /** Look until it runs, failed, or something else is wanted of it. */
  async #untilReady(service: Service): Promise<void> {
    const {records, stopping} = this.#parts
    while (!stopping.aborted && (await isWanted(records, service))) {
      const status = await this.#observe(service.service_name, 'running')
      if (status !== undefined && status !== 'creating') return
      await delay(200)
    }
  }

  /** Write down what its container is; undefined when it has changed meanwhile, and will be settled again. */
  async #observe(
    name: string,
    wanted: Service['wanted'],
    known: Service['status'] = 'creating',
  ): Promise<Service['status'] | undefined> {
    const service = await this.#parts.records.service.get(name)
    if (service?.wanted !== wanted) return undefined
    // Somebody has it started just now: how it ended before says nothing about that.
    if (service.status === 'creating' && known !== 'creating') return undefined
    const container = await this.find(name)
    if (container && service.wanted === 'running' && !isCurrent(service, container)) return undefined
    const address = container && observe(service, container, true).address
    const port = service.listens_on
    const open =
      !container?.State.Running ||
      address === undefined ||
      port === undefined ||
      (await accepts(address, port)) ||
      ((await this.#parts.engine.join(container)) && (await accepts(address, port)))
    // A new address may have been lost again while it was tried.
    const current = address === service.address ? container : await this.find(name)
    const seen = observe(service, current, open)
    const lines = seen.status === 'failed' && container ? await this.#lastLines(container) : []
    return (await this.#note(service, seen, lines)) ? seen.status : undefined
  }

  async #lastLines({Id}: Container): Promise<string[]> {
    const {engine} = this.#parts
    const frames = await engine.find(() =>
      engine.docker.getContainer(Id).logs({...logOptions({lines: 20}), follow: false}),
    )
    const lines: string[] = []
    if (frames) for await (const {line} of logLines([frames], false)) lines.push(line)
    return lines
  }

  /** Write what was seen of `before`, if it is news, and keep the instance current; false when the record is newer. */
  async #note(before: Service, seen: Observation, lines: string[]): Promise<boolean> {
    const {records, journal} = this.#parts
    const name = before.service_name
    const {reason: _, last_lines: __, container_id: ___, address: ____, ...rest} = before
    const next = {...rest, ...seen, ...(lines.length > 0 && {last_lines: lines})}
    if (!same(next, before)) {
      try {
        await records.service.update(name, () => next, before.revision)
      } catch (error) {
        if (error instanceof Problem && (error.code === 'revision-mismatch' || error.code === 'not-found'))
          return false
        throw error
      }
    }
    if (seen.status !== before.status || before.status === 'creating')
      journal.say(name, telling(seen), seen.status, seen.reason)
    await this.#instance(next)
    return true
  }

  async #instance({service_name, owner, address, listens_on}: Service): Promise<void> {
    const {instance: instances} = this.#parts.records
    if (address === undefined || listens_on === undefined) return
    const name = `docker-${service_name}`
    const target_url = `http://${address}:${listens_on}`
    const known = await instances.get(name)
    if (known?.target_url === target_url) return
    const now = new Date().toISOString()
    if (known) await instances.update(name, current => ({...current, target_url, updated_at: now}))
    else
      await instances.create(
        name,
        {
          name,
          target_url,
          description: `the service ${service_name}`,
          owner,
          created_at: now,
          updated_at: now,
        },
        [`service/${service_name}`],
      )
  }

  async #stop(name: string, {Id}: Container): Promise<void> {
    const {engine} = this.#parts
    await this.withdraw(name, Id)
    await engine.call(() => engine.docker.getContainer(Id).stop({t: stopPatience})).catch(unlessDone)
  }

  async #remove(name: string, container: Container | undefined): Promise<void> {
    const {engine} = this.#parts
    if (!container) return
    await this.#stop(name, container)
    await engine.find(() => engine.docker.getContainer(container.Id).remove({force: true, v: true}))
  }
}

const hasAddress = ({HostConfig, NetworkSettings}: ContainerInfo, address: string): boolean =>
  HostConfig.NetworkMode === 'host' ||
  Object.values(NetworkSettings?.Networks ?? {}).some(({IPAddress}) => IPAddress === address)

const isCurrent = (service: Service, {Config}: Container): boolean =>
  Config.Labels[labels.config] === configHash(service)

/** What was wanted cannot be had; the container before it, if there is one, serves on. */
function remaining(
  service: Service,
  old: Container | undefined,
  reason = 'for no known reason',
): Observation {
  if (!old || isCurrent(service, old)) return {status: 'failed', health: 'none', reason}
  const {health, container_id, address} = observe(service, old, true)
  const said = reason.replace(stillRuns, '')
  return {
    status: 'failed',
    health,
    reason: old.State.Running ? said + stillRuns : said,
    ...(container_id !== undefined && {container_id}),
    ...(address !== undefined && {address}),
  }
}

const stillRuns = '; what ran before this change runs still'

/** Somebody is removing its container: the engine tells when it is gone, and then there is a new one. */
const leaving = ({status, container_id}: Service): Observation => ({
  status: status === 'creating' ? 'creating' : 'restarting',
  health: 'none',
  ...(container_id !== undefined && {container_id}),
})

const same = (one: object, other: object): boolean => {
  const sorted = (record: object): string =>
    JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  return sorted(one) === sorted(other)
}

function telling({status, health}: Observation): string {
  switch (status) {
    case 'running':
      return health === 'healthy' ? 'Running, healthy' : 'Running'
    case 'creating':
      return 'Waiting until it is ready'
    case 'unhealthy':
      return 'Unhealthy'
    case 'restarting':
      return 'Restarting'
    case 'stopped':
      return 'Stopped'
    case 'failed':
      return 'Failed'
  }
}
