// What services that are gone leave on the engine: containers, images, networks and volumes that mcpx made for them, known by
// its label. Nothing else is touched.
import type {Records} from '../../core/store/records.ts'
import {containerName, nextName} from './container.ts'
import {type Engine, labels} from './engine.ts'
import {formerName, ownName} from './own-names.ts'

export interface Leftovers {
  /** As `container NAME`, `image ID`, `network NAME` or `volume NAME`. */
  removed: string[]
  /** Names of volumes that are left, with what is in them. */
  volumes: string[]
}

export interface CleanupParts {
  engine: Engine
  records: Records
  installation: string
  /** Have the container of a service that is gone removed. */
  remove: (service: string) => Promise<void>
}

/** `deleteVolumes`: with the data in them. Throws engine-unavailable. */
export async function cleanUp(parts: CleanupParts, deleteVolumes: boolean): Promise<Leftovers> {
  const removed = [...(await containers(parts)), ...(await images(parts)), ...(await networks(parts))]
  const volumes = await unusedVolumes(parts)
  if (!deleteVolumes) return {removed, volumes}
  const {engine} = parts
  const left: string[] = []
  for (const name of volumes) {
    if (await goes(engine.docker.getVolume(name))) removed.push(`volume ${name}`)
    else left.push(name)
  }
  return {removed, volumes: left}
}

const filtersOf = ({installation}: CleanupParts): {label: string[]} => ({
  label: [`${labels.installation}=${installation}`],
})

/** What something else uses stays. */
const goes = (thing: {remove: () => Promise<unknown>}): Promise<boolean> =>
  thing.remove().then(
    () => true,
    () => false,
  )

async function containers(parts: CleanupParts): Promise<string[]> {
  const {engine, records, remove} = parts
  const removed: string[] = []
  const all = await engine.call(() => engine.docker.listContainers({all: true, filters: filtersOf(parts)}))
  for (const {Labels, Names} of all) {
    const name = Labels[labels.service]
    if (name === undefined || (await records.service.get(name))) continue
    const called = [containerName(name), nextName(name)].find(one => Names.includes(`/${one}`))
    if (called === undefined) continue
    await remove(name)
    removed.push(`container ${called}`)
  }
  return removed
}

async function images(parts: CleanupParts): Promise<string[]> {
  const {engine, records} = parts
  const removed: string[] = []
  for (const {Id, Labels} of await engine.call(() => engine.docker.listImages({filters: filtersOf(parts)}))) {
    const service = await records.service.get(Labels?.[labels.service] ?? '')
    if (service?.built_image !== Id && (await goes(engine.docker.getImage(Id)))) removed.push(`image ${Id}`)
  }
  return removed
}

async function networks(parts: CleanupParts): Promise<string[]> {
  const {engine} = parts
  const all = await engine.call(() => engine.docker.listNetworks({filters: filtersOf(parts)}))
  const used = await names(parts, ({networks: wanted = []}) => wanted)
  const own = await engine.own()
  const removed: string[] = []
  for (const {Id, Name} of all) {
    if (used.has(Name)) continue
    const network = engine.docker.getNetwork(Id)
    if (own?.NetworkSettings.Networks[Name]) await engine.find(() => network.disconnect({Container: own.Id}))
    if (await goes(network)) removed.push(`network ${Name}`)
  }
  return removed
}

async function unusedVolumes(parts: CleanupParts): Promise<string[]> {
  const {engine} = parts
  const filters = JSON.stringify({...filtersOf(parts), dangling: ['true']})
  const {Volumes} = await engine.call(() => engine.docker.listVolumes({filters}))
  const used = await names(parts, ({volumes = []}) => volumes.map(volume => volume.split(':')[0] ?? ''))
  return (Volumes ?? []).map(({Name}) => Name).filter(name => !used.has(name))
}

type Described = {networks?: string[]; volumes?: string[]}

/** The names on the engine of what the services there are name. Read after what it is compared with: records come first. */
async function names(
  {records, installation}: CleanupParts,
  of: (service: Described) => readonly string[],
): Promise<Set<string>> {
  const used = new Set<string>()
  for await (const [, service] of records.service.all())
    for (const name of of(service))
      used.add(ownName(installation, service.owner, name)).add(formerName(service.owner, name))
  return used
}
