// The flags that describe a service, in the words of `docker run`, and the document they make.
import {statSync} from 'node:fs'
import * as Flags from '@oclif/core/flags'
import type {Connection} from '../core/connect.ts'
import {type Service, serviceOperations} from '../core/contract/service.ts'
import {Problem} from '../core/problem.ts'
import {buildContext} from './build-context.ts'
import {readContexts} from './contexts.ts'
import {publishedPort, variables} from './publish.ts'

const many = {multiple: true, multipleNonGreedy: true} as const

export const serviceFlags = {
  image: Flags.string({
    exclusive: ['dockerfile'],
    helpValue: '<image>',
    description: 'image it runs, e.g. redis:8',
  }),
  dockerfile: Flags.string({
    helpValue: '<path>',
    description:
      'Dockerfile on this machine; its directory is sent to the server and built there (for admins)',
  }),
  'build-context': Flags.string({
    dependsOn: ['dockerfile'],
    helpValue: '<dir>',
    description: 'directory that is sent instead; `--context` beside `--dockerfile` means it too',
  }),
  'build-arg': Flags.string({...many, helpValue: '<KEY=VALUE>', description: 'build argument'}),
  port: Flags.integer({
    min: 1,
    max: 65_535,
    helpValue: '<number>',
    description: 'port the program listens on [default: from EXPOSE]',
  }),
  publish: Flags.string({
    ...many,
    char: 'p',
    helpValue: '<[bind:]host[:container][/udp]>',
    description: 'publish a port on the host, on 127.0.0.1 unless it says otherwise',
  }),
  'env-file': Flags.string({
    ...many,
    helpValue: '<file>',
    description: 'file with KEY=VALUE lines; quotes belong to the value, as in Docker',
  }),
  env: Flags.string({...many, char: 'e', helpValue: '<KEY=VALUE>', description: 'environment variable'}),
  volume: Flags.string({
    ...many,
    char: 'v',
    helpValue: '<name:/path[:ro]>',
    description: 'volume; a path of the host for admins',
  }),
  network: Flags.string({...many, helpValue: '<name>', description: 'network it joins; `host` for admins'}),
  label: Flags.string({...many, helpValue: '<KEY=VALUE>', description: 'label of the container'}),
  memory: Flags.string({helpValue: '<size>', description: 'memory it may use [default: 512m]'}),
  cpus: Flags.string({helpValue: '<number>', description: 'CPUs it may use [default: 1]'}),
  restart: Flags.string({
    options: ['no', 'always', 'unless-stopped', 'on-failure'],
    description: 'when it is started again [default: unless-stopped]',
  }),
  'health-cmd': Flags.string({
    helpValue: '<command>',
    description: 'command that says whether it is healthy',
  }),
  'health-interval': Flags.integer({
    min: 1,
    dependsOn: ['health-cmd'],
    helpValue: '<seconds>',
    description: 'seconds between checks [default: 30]',
  }),
  'read-only': Flags.boolean({allowNo: true, description: 'root file system read-only [default: yes]'}),
  user: Flags.string({helpValue: '<user[:group]>', description: 'user it runs as; root for admins'}),
  'cap-add': Flags.string({...many, helpValue: '<name>', description: 'capability given back, for admins'}),
}

export interface ServiceFlags {
  image?: string | undefined
  dockerfile?: string | undefined
  'build-context'?: string | undefined
  'build-arg'?: string[] | undefined
  port?: number | undefined
  publish?: string[] | undefined
  'env-file'?: string[] | undefined
  env?: string[] | undefined
  volume?: string[] | undefined
  network?: string[] | undefined
  label?: string[] | undefined
  memory?: string | undefined
  cpus?: string | undefined
  restart?: string | undefined
  'health-cmd'?: string | undefined
  'health-interval'?: number | undefined
  'read-only'?: boolean
  user?: string | undefined
  'cap-add'?: string[] | undefined
}

/** The fields that were given, for the API; checked there. */
export function serviceFields(flags: ServiceFlags): Partial<Service> {
  const health = flags['health-cmd']
  const interval = flags['health-interval']
  const fields = {
    image: flags.image,
    build_args: variables([], flags['build-arg'] ?? []),
    internal_port: flags.port,
    port_configs: flags.publish?.map(publishedPort),
    environment: variables(flags['env-file'] ?? [], flags.env ?? []),
    volumes: flags.volume,
    networks: flags.network,
    labels: variables([], flags.label ?? []),
    memory_limit: flags.memory,
    cpu_limit: flags.cpus === undefined ? undefined : cpuCount(flags.cpus),
    restart_policy: flags.restart,
    healthcheck:
      health === undefined ? undefined : {command: health, ...(interval !== undefined && {interval})},
    read_only_root: flags['read-only'],
    user: flags.user,
    capabilities: flags['cap-add'],
  }
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as Partial<Service>
}

function cpuCount(text: string): number {
  if (/^\d*\.?\d+$/.test(text)) return Number(text)
  throw new Problem('usage', `--cpus ${text} is not a number.`, {hint: 'write e.g. 0.5'})
}

/**
 * `--context DIR` beside `--dockerfile` means the directory of the build, as it does in other tools, unless a server is
 * known by that name. Throws usage.
 */
export function withBuildContext<F extends ServiceFlags & {context?: string | undefined}>(flags: F): F {
  const {dockerfile, context, 'build-context': directory} = flags
  if (dockerfile === undefined || context === undefined) return flags
  if (Object.hasOwn(readContexts().contexts, context)) return flags
  if (directory === undefined && isDirectory(context))
    return {...flags, context: undefined, 'build-context': context}
  throw new Problem('usage', `--context ${context} is neither a directory nor a context that you saved.`, {
    hint: 'the directory of the build is `--build-context DIR`, the server `--context NAME`',
  })
}

const isDirectory = (path: string): boolean => statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false

/**
 * Send the directory of a Dockerfile to the server; answers the fields that name it. What is sent may be large: `check`
 * asks before whether the server would take the rest.
 */
export async function uploadedBuild(
  connection: Connection,
  {dockerfile, 'build-context': context}: ServiceFlags,
  check: (named: Partial<Service>) => Promise<unknown>,
): Promise<Partial<Service>> {
  if (dockerfile === undefined) return {}
  const {dockerfile: dockerfile_path, archive} = buildContext(dockerfile, context)
  await check({dockerfile_path})
  const {build_context} = await connection.call(serviceOperations.upload, {}, {archive})
  return {dockerfile_path, build_context}
}
