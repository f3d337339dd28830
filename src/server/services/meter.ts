// What containers use. An engine takes a second for a sample, and a rate needs two: so the last ones are kept, and who asks
// never waits for long.
import {setTimeout as delay} from 'node:timers/promises'
import type {Service, ServiceStats} from '../../core/contract/service.ts'
import type {Engine} from './engine.ts'
import {type Sample, statsOf} from './logs.ts'

/** Milliseconds that the samples of a rate lie apart at least. */
const stride = 900
/** Milliseconds for which a sample can begin a rate. */
const lifetime = 15_000
/** Milliseconds that `measure` waits for samples that are fresh. */
const patience = 1500

/** What is known of a container: the last sample, and the one before it. */
interface Kept {
  before: Sample | undefined
  last: Sample
}

export interface Measured {
  items: ServiceStats[]
  /** Names of services that run and have not been measured yet. */
  unmeasured: string[]
}

export class Meter {
  readonly #engine: Engine
  readonly #kept = new Map<string, Kept>()
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Sample these containers, and forget the others. */
  async prepare(containers: readonly string[]): Promise<void> {
    const known = new Set(containers)
    for (const id of this.#kept.keys()) if (!known.has(id)) this.#kept.delete(id)
    await Promise.all(containers.map(id => this.sample(id)))
  }

  /** Of those that run; what does not come in time is as it was last seen, or not measured yet. */
  async measure(services: readonly Service[]): Promise<Measured> {
    const containers = services.map(({container_id = ''}) => container_id)
    const enough = new AbortController()
    const fresh = Promise.all(containers.map(id => this.sample(id)))
    await Promise.race([fresh, delay(patience, undefined, {signal: enough.signal}).catch(() => {})])
    enough.abort()
    const measured: Measured = {items: [], unmeasured: []}
    for (const {service_name, container_id = '', status} of services) {
      const kept = this.#kept.get(container_id)
      const found = kept && statsOf(service_name, kept.before, kept.last)
      if (found) measured.items.push(found)
      else if (!kept && status === 'running') measured.unmeasured.push(service_name)
    }
    return measured
  }

  /** Of one that runs, with its rate, however long it takes; undefined when it ended. */
  async measureOne(service: Service): Promise<ServiceStats | undefined> {
    const {container_id: id = '', service_name} = service
    for (;;) {
      await this.sample(id)
      const kept = this.#kept.get(id)
      const found = kept && statsOf(service_name, kept.before, kept.last)
      if (!found || found.cpu_percent !== undefined) return found
      await delay(stride)
    }
  }

  /** Look at a container; who asks meanwhile gets the same look. */
  sample(id: string): Promise<void> {
    const look = this.#underWay.get(id) ?? this.#look(id)
    this.#underWay.set(id, look)
    return look
  }

  async #look(id: string): Promise<void> {
    const container = this.#engine.docker.getContainer(id)
    const data = await this.#engine
      .find(() => container.stats({stream: false, 'one-shot': true}))
      .catch(() => undefined)
    this.#underWay.delete(id)
    if (!data) return void this.#kept.delete(id)
    const last = {taken: Date.now(), data}
    const earlier = this.#kept.get(id)
    const apart = earlier !== undefined && last.taken - earlier.last.taken >= stride
    const before = apart ? earlier.last : earlier?.before
    this.#kept.set(id, {
      last,
      before: before && last.taken - before.taken < lifetime ? before : undefined,
    })
  }
}
