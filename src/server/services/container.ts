// From a service record to a container: what the engine is asked to make, secure unless told otherwise. Pure.
import {createHash} from 'node:crypto'
import type {ContainerCreateOptions, HostConfig} from 'dockerode'
import {isGuarded, type PortConfig} from '../../core/contract/port.ts'
import {bytesOf, healthDefaults, type Service} from '../../core/contract/service.ts'
import {labels} from './engine.ts'

const second = 1_000_000_000

export const containerName = (service: string): string => `mcpx-${service}`

/** That of the container which is to replace it, until it does. A dot stands in no name of a service. */
export const nextName = (service: string): string => `${containerName(service)}.next`

/** Changes when, and only when, the container has to be replaced. */
export function configHash(service: Service): string {
  const {image, dockerfile_path, build_context, build_args, internal_port, environment, volumes} = service
  const {memory_limit, cpu_limit, restart_policy, read_only_root, networks, healthcheck, user, capabilities} =
    service
  const parts = [
    [image, dockerfile_path, build_context, build_args, internal_port, environment, volumes, networks],
    [
      memory_limit,
      cpu_limit,
      restart_policy,
      read_only_root,
      healthcheck,
      user,
      capabilities,
      service.labels,
    ],
    service.port_configs
      .filter(port => !isGuarded(port))
      .map(port => [port.name, ...published(service, port)]),
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

const published = (
  service: Service,
  {bind, host, container, protocol}: PortConfig,
): (string | number | undefined)[] => [bind ?? service.bind_address, host, container, protocol]

export interface Making {
  installation: string
  /** Id or name of the image. */
  image: string
  /** Port the program listens on, if any. */
  listensOn: number | undefined
  /** Names of the networks as the engine knows them; empty for the default one. */
  networks: string[]
  /** Names of the volumes as the engine knows them, by those of the service. */
  volumes: ReadonlyMap<string, string>
}

export function containerOptions(service: Service, making: Making): ContainerCreateOptions {
  const {service_name, owner, environment = {}, user, healthcheck} = service
  const exposed: Record<string, object> = {}
  const bindings: Record<string, {HostIp: string; HostPort: string}[]> = {}
  for (const port of service.port_configs) {
    const container = port.container ?? making.listensOn
    if (isGuarded(port) || container === undefined || port.host === undefined) continue
    const key = `${container}/${port.protocol ?? 'tcp'}`
    exposed[key] = {}
    bindings[key] = [
      ...(bindings[key] ?? []),
      {HostIp: port.bind ?? service.bind_address, HostPort: String(port.host)},
    ]
  }
  return {
    name: containerName(service_name),
    Image: making.image,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    Labels: {
      ...service.labels,
      [labels.installation]: making.installation,
      [labels.service]: service_name,
      [labels.owner]: owner,
      [labels.config]: configHash(service),
    },
    ExposedPorts: exposed,
    ...(user !== undefined && {User: user}),
    ...(healthcheck && {Healthcheck: healthCheck(healthcheck)}),
    HostConfig: {
      ...confinement(service, making.volumes),
      PortBindings: bindings,
      NetworkMode: making.networks[0] ?? 'bridge',
    },
  }
}

function healthCheck(given: NonNullable<Service['healthcheck']>): ContainerCreateOptions['Healthcheck'] {
  const {command, interval, timeout, retries, start_period} = {...healthDefaults, ...given}
  return {
    Test: ['CMD-SHELL', command],
    Interval: interval * second,
    Timeout: timeout * second,
    Retries: retries,
    StartPeriod: start_period * second,
  }
}

function confinement(service: Service, names: Making['volumes']): HostConfig {
  const {memory_limit, cpu_limit, restart_policy, read_only_root, volumes = [], capabilities = []} = service
  return {
    Memory: bytesOf(memory_limit),
    // Without swap: the limit is the limit.
    MemorySwap: bytesOf(memory_limit),
    NanoCpus: Math.round(cpu_limit * second),
    PidsLimit: 4096,
    RestartPolicy: {Name: restart_policy, ...(restart_policy === 'on-failure' && {MaximumRetryCount: 10})},
    ReadonlyRootfs: read_only_root,
    ...(read_only_root && {
      Tmpfs: {'/tmp': 'rw,noexec,nosuid,size=64m,mode=1777', '/run': 'rw,noexec,nosuid,size=16m,mode=1777'},
    }),
    CapDrop: ['ALL'],
    CapAdd: capabilities,
    SecurityOpt: ['no-new-privileges'],
    Init: true,
    Binds: volumes.map(volume => boundAs(volume, names)),
    LogConfig: {Type: 'json-file', Config: {'max-size': '10m', 'max-file': '3'}},
  }
}

function boundAs(volume: string, names: Making['volumes']): string {
  const [name = '', ...rest] = volume.split(':')
  return [names.get(name) ?? name, ...rest].join(':')
}
