// The ports mcpx itself listens on for services, and the port tokens that open them: in memory, kept current by the feed.
import {isGuarded} from '../contract/port.ts'
import type {PortToken} from '../contract/port-token.ts'
import type {Service} from '../contract/service.ts'
import type {Collection} from '../store/collection.ts'
import type {Follower} from '../store/feed.ts'
import type {Records, Replica, StoredPortToken} from '../store/records.ts'
import {secretHash} from '../store/seal.ts'

export type {StoredPortToken} from '../store/records.ts'

export interface GuardedPort {
  /** Address and port on the host, and what guards them: a listener with the same key can stay. */
  key: string
  service: string
  owner: string
  bind: string
  host: number
  /** Where it leads; undefined while the container has no address. */
  target: {address: string; port: number} | undefined
  /** Whether a port token is needed. */
  token: boolean
  sources: readonly string[] | undefined
}

/** Why a port token does not open a port; undefined when it does. */
export function refusal(
  token: Pick<PortToken, 'expires_at' | 'allowed_services' | 'allowed_ports' | 'owner'> & {by_admin: boolean},
  {
    service,
    host,
    owner,
  }: {service?: string | undefined; host?: number | undefined; owner?: string | undefined},
  now = Date.now(),
): string | undefined {
  if (Date.parse(token.expires_at) <= now) return 'it has expired'
  if (service !== undefined && !token.allowed_services.includes(service)) return `it does not open ${service}`
  // A service deleted and made anew by somebody else has only its name in common with the one that was meant.
  if (owner !== undefined && !token.by_admin && token.owner !== owner) return `it does not open ${service}`
  if (host !== undefined && token.allowed_ports.length > 0 && !token.allowed_ports.includes(host))
    return `it does not open port ${host}`
  return undefined
}

export class GuardedPorts implements Follower {
  readonly #records: Pick<Records, 'service' | 'portToken' | 'replica'>
  readonly #replica: string
  readonly #services = new Map<string, Service>()
  readonly #tokens = new Map<string, StoredPortToken>()
  readonly #byHash = new Map<string, StoredPortToken>()
  /** By key: those of the engine of this replica. */
  ports: ReadonlyMap<string, GuardedPort> = new Map()
  #engine: string | undefined
  #tell: () => void = () => {}

  /** `replica`: the one whose engine's ports are ours. */
  constructor(records: Pick<Records, 'service' | 'portToken' | 'replica'>, replica: string) {
    this.#records = records
    this.#replica = replica
  }

  onChange(changed: () => void): void {
    this.#tell = changed
  }

  /** The port token of a secret. */
  tokenOf(secret: string): StoredPortToken | undefined {
    return this.#byHash.get(secretHash(secret))
  }

  /** Why a token, looked up earlier, does not open a port now; undefined when it does. */
  refusalNow({token_name, hash}: StoredPortToken, port: GuardedPort): string | undefined {
    const current = this.#tokens.get(token_name)
    return current?.hash === hash ? refusal(current, port) : 'it was revoked'
  }

  #changed(): void {
    const ports = [...this.#services.values()]
      .filter(({engine}) => engine === this.#engine)
      .flatMap(service => service.port_configs.filter(isGuarded).map(port => guardedPort(service, port)))
    this.ports = new Map(ports.map(port => [port.key, port]))
    this.#tell()
  }

  async load(): Promise<void> {
    this.#services.clear()
    this.#tokens.clear()
    this.#byHash.clear()
    for await (const [name, service] of this.#records.service.all()) this.#services.set(name, service)
    for await (const [name, token] of this.#records.portToken.all()) this.#setToken(name, token)
    this.#engine = (await this.#records.replica.get(this.#replica))?.engine
    this.#changed()
  }

  async reread(changed: Map<string, Set<string>>): Promise<void> {
    const keys = <R extends {owner: string; revision: number}>({noun}: Collection<R>): string[] => [
      ...(changed.get(noun) ?? []),
    ]
    const {service, portToken, replica} = this.#records
    const [services, tokens] = [keys<Service>(service), keys<StoredPortToken>(portToken)]
    const isOurs = keys<Replica>(replica).includes(this.#replica)
    if (services.length === 0 && tokens.length === 0 && !isOurs) return
    for (const [index, record] of (await service.getMany(services)).entries()) {
      if (record) this.#services.set(services[index] as string, record)
      else this.#services.delete(services[index] as string)
    }
    for (const [index, record] of (await portToken.getMany(tokens)).entries())
      this.#setToken(tokens[index] as string, record)
    if (isOurs) this.#engine = (await replica.get(this.#replica))?.engine
    this.#changed()
  }

  #setToken(name: string, token: StoredPortToken | undefined): void {
    const old = this.#tokens.get(name)
    if (old) this.#byHash.delete(old.hash)
    this.#tokens.delete(name)
    if (!token) return
    this.#tokens.set(name, token)
    this.#byHash.set(token.hash, token)
  }
}

function guardedPort(service: Service, port: Service['port_configs'][number]): GuardedPort {
  const {service_name, owner, address, listens_on, bind_address} = service
  const {host = 0, bind = bind_address, source_token: token = false, allowed_sources: sources} = port
  const container = port.container ?? listens_on
  return {
    key: `${bind} ${host} ${token ? 'http' : 'tcp'}`,
    service: service_name,
    owner,
    bind,
    host,
    target: address === undefined || container === undefined ? undefined : {address, port: container},
    token,
    sources,
  }
}
