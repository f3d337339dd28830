// The image of a service: had, pulled or built; given up as soon as the service wants another one, or none, or mcpx ends.
import {existsSync} from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'
import type {Service} from '../../core/contract/service.ts'
import type {Records} from '../../core/store/records.ts'
import {configHash} from './container.ts'
import type {Engine} from './engine.ts'
import {built, pulled} from './image.ts'
import type {Uploads} from './uploads.ts'

export interface SupplyParts {
  engine: Engine
  records: Records
  uploads: Uploads
  installation: string
  stopping: AbortSignal
}

/** Milliseconds between looks at whether it is still wanted. */
const lookEvery = 250

/** Nobody waits for this any more; what is wanted now is a matter of its own. */
export class Superseded extends Error {}

/** Answers its id or name. Throws with the reason why there is none, or Superseded. */
export async function supplied(
  parts: SupplyParts,
  service: Service,
  say: (text: string) => void,
): Promise<string> {
  const [ended, superseded] = [new AbortController(), new AbortController()]
  const signal = AbortSignal.any([parts.stopping, superseded.signal])
  const watched = AbortSignal.any([signal, ended.signal])
  const watch = async (): Promise<void> => {
    while (!watched.aborted) {
      await delay(lookEvery, undefined, {signal: watched}).catch(() => {})
      // While the store is away nobody wants anything else.
      if (!(await isWanted(parts.records, service).catch(() => true))) superseded.abort()
    }
  }
  const watching = watch()
  try {
    return await had(parts, service, say, signal)
  } catch (error) {
    throw signal.aborted ? new Superseded() : error
  } finally {
    ended.abort()
    await watching
  }
}

/** Whether a service is still to run as it was described. */
export async function isWanted(records: Records, service: Service): Promise<boolean> {
  const current = await records.service.get(service.service_name)
  return current?.wanted === 'running' && configHash(current) === configHash(service)
}

async function had(
  {engine, uploads, installation}: SupplyParts,
  service: Service,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<string> {
  if (service.image !== undefined) {
    await pulled(engine, service.image, {say, signal})
    return service.image
  }
  const {built_image, build_context = '.'} = service
  if (built_image !== undefined && (await engine.find(() => engine.docker.getImage(built_image).inspect())))
    return built_image
  const directory = uploads.directory(build_context)
  if (!existsSync(directory)) throw new Error(goneReason(service.service_name, build_context))
  return built(engine, service, {directory, installation}, {say, signal})
}

/** Uploads are kept for an hour, on the machine of the replica that took them. */
const goneReason = (name: string, context: string): string =>
  context.startsWith('upload:')
    ? `its build context is gone; give it again: \`mcpx service update ${name} --dockerfile DIR\``
    : `its build context ${context} is not there`
