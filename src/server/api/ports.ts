// Which host ports a service may have, and finding free ones; that no two get the same is held by the claims of the write.
import {isIP} from 'node:net'
import {
  isGuarded,
  type PortConfig,
  type Protocol,
  portRanges,
  restrictedPorts,
} from '../../core/contract/port.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import {portClaim} from '../../core/store/records.ts'
import type {Parts} from './call.ts'

export interface Place {
  engine: string
  bind: string
  protocol: Protocol
}

/** A port with what holds where its record says nothing; `bind` is the address of its service. */
export const asPublished = (port: PortConfig, bind: string): PortConfig => ({bind, protocol: 'tcp', ...port})

/** Claims that are looked up at once. */
const stride = 64

/** The first port from `from` to `to` that no service has and that can really be listened on. */
export async function freePort(
  parts: Parts,
  {engine, bind, protocol}: Place,
  from: number,
  to: number,
  taken: ReadonlySet<number> = new Set(),
): Promise<number | undefined> {
  for (let first = from; first <= to; first += stride) {
    const ports = Array.from({length: Math.min(stride, to - first + 1)}, (_, index) => first + index)
    const holders = await parts.store.claimants(ports.map(port => portClaim(engine, protocol, port)))
    for (const [index, port] of ports.entries()) {
      if (holders[index] !== undefined || taken.has(port) || restrictedPorts.includes(port)) continue
      if ((await parts.services.portTaken(bind, port, protocol)) === undefined) return port
    }
  }
  return undefined
}

/** Why a port cannot be had; undefined when it can. */
export async function whyNot(
  parts: Parts,
  {engine, bind, protocol}: Place,
  port: number,
): Promise<{code: 'port-restricted' | 'port-taken'; reason: string} | undefined> {
  if (restrictedPorts.includes(port))
    return {code: 'port-restricted', reason: 'it is kept for other programs'}
  const [holder] = await parts.store.claimants([portClaim(engine, protocol, port)])
  if (holder !== undefined) return {code: 'port-taken', reason: `it belongs to ${holder.replace('/', ' ')}`}
  const reason = await parts.services.portTaken(bind, port, protocol)
  if (reason === undefined) return undefined
  const own = protocol === 'tcp' ? parts.listeners().find(one => one.port === port) : undefined
  return {code: 'port-taken', reason: own ? `mcpx itself has it: ${own.what}` : reason}
}

/**
 * Give each of `ports` that has none a host port, and check the others but those in `kept`, which the service has
 * already. Throws port-restricted, port-taken, invalid-request.
 */
export async function withHostPorts(
  parts: Parts,
  {engine, bind_address}: {engine: string; bind_address: string},
  ports: readonly PortConfig[],
  kept: readonly PortConfig[] = [],
): Promise<PortConfig[]> {
  const names = new Set<string>()
  const taken: Record<Protocol, Set<number>> = {tcp: new Set(), udp: new Set()}
  for (const {host, protocol = 'tcp'} of ports) if (host !== undefined) taken[protocol].add(host)
  const given: PortConfig[] = []
  const unguardable = ports.some(isGuarded) ? await parts.services.unguardable() : undefined
  if (unguardable !== undefined) throw new Problem('port-unguardable', unguardable)
  for (const [index, port] of ports.entries()) {
    const {name, host, protocol = 'tcp', bind = bind_address, source_token, allowed_sources} = port
    const field = `port_configs.${index}`
    if (names.has(name))
      throw fieldProblem(
        'invalid-request',
        `${field}.name`,
        `\`${name}\` stands twice`,
        'give each port a name of its own',
      )
    names.add(name)
    if (protocol === 'udp' && (source_token || allowed_sources))
      throw fieldProblem(
        'invalid-request',
        `${field}.protocol`,
        'what mcpx listens on itself is tcp',
        'leave protocol out',
      )
    for (const source of allowed_sources ?? []) checkSource(`${field}.allowed_sources`, source)
    const place = {engine, bind, protocol}
    if (host === undefined) {
      const {first, last} = portRanges.exposed
      const found = await freePort(parts, place, first, last, taken[protocol])
      if (found === undefined) throw new Problem('port-taken', `No port from ${first} to ${last} is free`)
      taken[protocol].add(found)
      given.push({...port, host: found})
      continue
    }
    const has = kept.some(old => old.host === host && (old.protocol ?? 'tcp') === protocol)
    const why = has ? undefined : await whyNot(parts, place, host)
    if (why)
      throw fieldProblem(
        why.code,
        `${field}.host`,
        `port ${host}/${protocol} cannot be had: ${why.reason}`,
        'choose another port, or leave it out to get a free one',
      )
    given.push(port)
  }
  return given
}

function checkSource(field: string, source: string): void {
  const [address = '', bits] = source.split('/')
  const family = isIP(address)
  const most = family === 4 ? 32 : 128
  if (family !== 0 && (bits === undefined || Number(bits) <= most)) return
  throw fieldProblem(
    'invalid-request',
    field,
    `\`${source}\` is neither an IP address nor a CIDR range`,
    'write e.g. 192.0.2.7 or 192.0.2.0/24',
  )
}

/** Repeat `attempt` while another replica takes a port between finding it free and writing it down. */
export async function whilePortsAreTaken<T>(automatic: boolean, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      const overtaken = error instanceof Problem && error.code === 'port-taken' && error.errors === undefined
      if (!automatic || !overtaken || tries >= 50) throw error
    }
  }
}
