// What the networks and volumes of an owner are called on the engine, which other installations of mcpx may use too.
import type {Service} from '../../core/contract/service.ts'
import {type Engine, labels} from './engine.ts'

export interface Ownership {
  engine: Engine
  /** Id of this mcpx. */
  installation: string
  /** Hears what is made: a name that was mistyped is made too. */
  say: (text: string) => void
}

/** A dot stands in neither name, so no two owners can mean the same, nor two installations. */
export const ownName = (installation: string, owner: string, name: string): string =>
  `${formerName(owner, name)}.${installation.slice(0, 8)}`

/** As it was called while an engine was for one installation. */
export const formerName = (owner: string, name: string): string => `mcpx.${owner}.${name}`

/** Names as the engine knows them; those of the owner are made when missing. */
export async function networksOf(parts: Ownership, {networks = [], owner}: Service): Promise<string[]> {
  const {docker} = parts.engine
  const names: string[] = []
  for (const network of networks)
    names.push(
      network === 'host'
        ? 'host'
        : await had(
            parts,
            {kind: 'network', owner, name: network},
            {
              labelsOf: async name => (await docker.getNetwork(name).inspect()).Labels,
              make: (Name, Labels) => docker.createNetwork({Name, CheckDuplicate: true, Labels}),
            },
          ),
    )
  return names
}

/** Volumes by the names that the owner gave; made when missing, so that they carry our label. */
export async function volumesOf(
  parts: Ownership,
  {volumes = [], owner}: Service,
): Promise<Map<string, string>> {
  const {docker} = parts.engine
  const names = new Map<string, string>()
  for (const volume of volumes.filter(one => !one.startsWith('/'))) {
    const name = volume.split(':')[0] ?? ''
    names.set(
      name,
      await had(
        parts,
        {kind: 'volume', owner, name},
        {
          labelsOf: async known => (await docker.getVolume(known).inspect()).Labels,
          make: (Name, Labels) => docker.createVolume({Name, Labels}),
        },
      ),
    )
  }
  return names
}

interface Kind {
  /** Its labels; refused by the engine when there is none. */
  labelsOf: (name: string) => Promise<Record<string, string> | null | undefined>
  make: (name: string, labels: Record<string, string>) => Promise<unknown>
}

/** The one there is, by its former name too unless it is that of another installation; else a new one. */
async function had(
  {engine, installation, say}: Ownership,
  {kind, owner, name}: {kind: string; owner: string; name: string},
  {labelsOf, make}: Kind,
): Promise<string> {
  const [current, former] = [ownName(installation, owner, name), formerName(owner, name)]
  const look = (known: string): Promise<Record<string, string> | undefined> =>
    engine.find(async () => (await labelsOf(known)) ?? {})
  if (await look(current)) return current
  const before = await look(former)
  if (before && (before[labels.installation] ?? installation) === installation) return former
  await engine.call(() => make(current, {[labels.installation]: installation, [labels.owner]: owner}))
  say(`Made the ${kind} ${name}, which was not there`)
  return current
}
