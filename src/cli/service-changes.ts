// What `service update` does beside setting fields: take them back, add variables, and tell what a list lost.
import * as Flags from '@oclif/core/flags'
import {type Service, service} from '../core/contract/service.ts'
import {Problem} from '../core/problem.ts'
import {variables} from './publish.ts'
import {type ServiceFlags, serviceFlags} from './service-flags.ts'

/** Flags whose field may be taken back, and the field. */
const fieldOf = {
  'build-arg': 'build_args',
  port: 'internal_port',
  publish: 'port_configs',
  env: 'environment',
  volume: 'volumes',
  network: 'networks',
  label: 'labels',
  memory: 'memory_limit',
  cpus: 'cpu_limit',
  restart: 'restart_policy',
  'health-cmd': 'healthcheck',
  'read-only': 'read_only_root',
  user: 'user',
  'cap-add': 'capabilities',
} as const satisfies Partial<Record<keyof ServiceFlags, keyof Service>>
type Removable = keyof typeof fieldOf
const removable = Object.keys(fieldOf) as Removable[]
const lists = ['build-arg', 'publish', 'env', 'volume', 'network', 'label', 'cap-add'] as const

const whole = <F extends {description?: string}>(flag: F): F => ({
  ...flag,
  description: `${flag.description}; replaces all there are`,
})

/** `serviceFlags` as they change a service. */
export const changeFlags = {
  ...serviceFlags,
  'build-arg': whole(serviceFlags['build-arg']),
  publish: whole(serviceFlags.publish),
  'env-file': whole(serviceFlags['env-file']),
  env: whole(serviceFlags.env),
  'add-env': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    exclusive: ['env', 'env-file'],
    helpValue: '<KEY=VALUE>',
    description: 'environment variable beside those there are',
  }),
  volume: whole(serviceFlags.volume),
  network: whole(serviceFlags.network),
  label: whole(serviceFlags.label),
  'cap-add': whole(serviceFlags['cap-add']),
  unset: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    options: removable,
    description: 'remove what this flag gave; it is as by default again',
  }),
}

/** The fields that `--unset` takes back: null, or the default where there always is a value. Throws usage. */
export function unsetFields(names: readonly string[] = [], given: Partial<Service>): Record<string, unknown> {
  const defaults = service.create.properties as Record<string, {default?: unknown}>
  const known = names as readonly Removable[]
  const both = known.find(name => fieldOf[name] in given)
  if (both !== undefined)
    throw new Problem('usage', `--${both} is given, and taken back with --unset ${both}.`, {
      hint: 'give one of them',
    })
  return Object.fromEntries(known.map(name => [fieldOf[name], defaults[fieldOf[name]]?.default ?? null]))
}

/** The variables of a service with those of `--add-env`. */
export const withVariables = ({environment}: Service, added: readonly string[]): Partial<Service> => ({
  environment: {...environment, ...variables([], added)},
})

/** Whether a change may take something out of a list. */
export const changesList = (change: object): boolean => lists.some(name => fieldOf[name] in change)

/** What a service no longer has, a line for each list; names, never values. */
export function lossesOf(before: Service, after: Service): string[] {
  return lists.flatMap(flag => {
    const kept = namesIn(after[fieldOf[flag]])
    const lost = namesIn(before[fieldOf[flag]]).filter(name => !kept.includes(name))
    return lost.length === 0 ? [] : [`${flag} no longer: ${lost.join(', ')}`]
  })
}

function namesIn(list: object | undefined): string[] {
  if (!Array.isArray(list)) return Object.keys(list ?? {})
  return list.map(one => (typeof one === 'string' ? one : String((one as {name: string}).name)))
}
