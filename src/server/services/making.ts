// Makes the container of a service. One that is there goes only when the engine has started the new one in its place: what the
// engine refuses takes nothing away.
import type Docker from 'dockerode'
import type {Service} from '../../core/contract/service.ts'
import {containerName, containerOptions, nextName} from './container.ts'
import {type Container, engineText, isBeingRemoved, statusOf, unlessDone} from './engine.ts'
import type {Journal} from './journal.ts'
import {networksOf, volumesOf} from './own-names.ts'
import {type SupplyParts, supplied} from './supply.ts'

/** `installation`: id of this mcpx, in the labels of what it makes. */
export interface WorkerParts extends SupplyParts {
  journal: Journal
}

export interface Place {
  service: Service
  /** The container it has so far. */
  old: Container | undefined
  /** Stop one, whose address is taken back first. */
  stop: (container: Container) => Promise<void>
  /** Take back the addresses that the engine may give to a new container. */
  vacate: () => Promise<void>
}

/** Throws what the engine refuses, with what was there before as it was. */
export async function make(parts: WorkerParts, {service, old, stop, vacate}: Place): Promise<void> {
  const {engine, journal, records} = parts
  const {service_name: name} = service
  const say = (text: string): void => journal.say(name, text, 'creating')
  const image = await supplied(parts, service, say)
  const {Config} = await engine.call(() => engine.docker.getImage(image).inspect())
  const listensOn = service.internal_port ?? firstPort(Object.keys(Config.ExposedPorts ?? {}))
  say('Creating the container')
  const made = await created(parts, {service, image, listensOn, isNext: old !== undefined, say})
  try {
    if (old) await stop(old)
    say('Starting')
    await vacate()
    await engine.call(() => made.start())
  } catch (error) {
    await made.remove({force: true, v: true}).catch(() => {})
    throw old?.State.Running && !isBeingRemoved(error) ? await afterRevival(parts, old, error) : error
  }
  await records.service.update(name, ({listens_on: _, built_image: __, ...rest}) => ({
    ...rest,
    ...(listensOn !== undefined && {listens_on: listensOn}),
    ...(service.image === undefined && {built_image: image}),
  }))
  if (!old) return
  await engine.find(() => engine.docker.getContainer(old.Id).remove({force: true, v: true}))
  await engine.call(() => made.rename({name: containerName(name)}))
}

interface Wish {
  service: Service
  image: string
  listensOn: number | undefined
  /** Whether another one has the name still. */
  isNext: boolean
  say: (text: string) => void
}

async function created(
  parts: WorkerParts,
  {service, image, listensOn, isNext, say}: Wish,
): Promise<Docker.Container> {
  const {engine, installation} = parts
  const owning = {...parts, say}
  const networks = await networksOf(owning, service)
  const volumes = await volumesOf(owning, service)
  const name = isNext ? nextName(service.service_name) : containerName(service.service_name)
  const options = {...containerOptions(service, {installation, image, listensOn, networks, volumes}), name}
  const made = await engine
    .call(() => engine.docker.createContainer(options))
    .catch(error => {
      if (statusOf(error) === 409)
        throw new Error(
          `a container named ${name} that mcpx did not make stands in the way; rename or remove it`,
        )
      throw error
    })
  try {
    for (const network of networks.slice(1))
      await engine.call(() => engine.docker.getNetwork(network).connect({Container: made.id}))
  } catch (error) {
    await made.remove({force: true, v: true}).catch(() => {})
    throw error
  }
  return made
}

/** Start the container again that was to be replaced. Answers what to say then. */
async function afterRevival({engine}: WorkerParts, {Id}: Container, refusal: unknown): Promise<unknown> {
  try {
    await engine.call(() => engine.docker.getContainer(Id).start()).catch(unlessDone)
    return refusal
  } catch (error) {
    return new Error(
      `${engineText(refusal)}; and the container before it does not start again: ${engineText(error)}`,
      {cause: error},
    )
  }
}

const firstPort = (exposed: string[]): number | undefined =>
  exposed
    .filter(port => port.endsWith('/tcp'))
    .map(port => Number.parseInt(port, 10))
    .sort((one, other) => one - other)[0]
