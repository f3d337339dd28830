// What containers use. A rate needs two samples, and the engine takes one a second: so the one before is kept.
import type {Service, ServiceStats} from '../../core/contract/service.ts'
import type {Engine} from './engine.ts'
import {statsOf} from './logs.ts'

/** Milliseconds for which a sample can begin a rate. */
const lifetime = 15_000

interface Sample {
  taken: number
  data: unknown
}

export class Meter {
  readonly #engine: Engine
  #samples = new Map<string, Sample>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Sample containers, so that `measure` is quick for a while. */
  async prepare(containers: readonly string[]): Promise<void> {
    const samples = await Promise.all(containers.map(id => this.#sample(id)))
    this.#samples = new Map(
      containers.flatMap((id, index) => {
        const sample = samples[index]
        return sample ? [[id, sample]] : []
      }),
    )
  }

  /** Of those that run. Takes about a second, and one more without earlier samples. */
  async measure(services: readonly Service[]): Promise<ServiceStats[]> {
    const all = await Promise.all(services.map(service => this.#measureOne(service)))
    return all.filter(one => one !== undefined)
  }

  async #measureOne({service_name, container_id = ''}: Service): Promise<ServiceStats | undefined> {
    const kept = this.#samples.get(container_id)
    const fresh = kept !== undefined && Date.now() - kept.taken < lifetime
    const before = fresh ? kept : await this.#sample(container_id)
    const after = await this.#sample(container_id)
    if (after) this.#samples.set(container_id, after)
    else this.#samples.delete(container_id)
    return statsOf(service_name, before?.data, after?.data)
  }

  async #sample(id: string): Promise<Sample | undefined> {
    const container = this.#engine.docker.getContainer(id)
    const data = await this.#engine
      .find(() => container.stats({stream: false, 'one-shot': true}))
      .catch(() => undefined)
    return data && {taken: Date.now(), data}
  }
}
