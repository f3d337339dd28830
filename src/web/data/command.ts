// The command line that does the same as a form.
import type {PortConfig} from '../../core/contract/port.ts'
import {fullPath, type Operation} from '../../core/operation.ts'
import type {Document} from './client.ts'
import {asField} from './schema.ts'

/** Fields that the command takes by position, in order; every other field is a flag. */
export const positional: Record<string, readonly string[]> = {
  'token.email': ['cert_email'],
  'proxy.route.mode': ['hostname', 'route_mode'],
  'port.check': ['port'],
  'port.token.validate': ['service', 'port'],
  'oauth.test': ['url'],
  'proxy.create': ['hostname', 'target_url'],
  'proxy.update': ['hostname'],
  'route.create': ['path_pattern', 'target_type', 'target_value'],
  'route.update': ['route_id'],
  'instance.register': ['name', 'target_url'],
  'instance.update': ['name'],
  'cert.create': ['cert_name', 'domain'],
  'resource.register': ['uri', 'proxy_target'],
  'port.token.create': ['token_name', 'allowed_services', 'allowed_ports', 'expires_in'],
  'oauth.client.register': ['client_name'],
  'proxy.key.create': ['hostname', 'name'],
  'proxy.mcp.enable': ['hostname', 'endpoint'],
  'proxy.cert.attach': ['hostname', 'cert_name'],
  'service.create': ['service_name'],
  'cert.import': ['cert_name'],
  'service.port.add': ['service_name', 'name'],
  'service.proxy.create': ['service_name', 'hostname'],
  'token.create': ['name'],
  'token.update': ['name'],
}

/**
 * The command; where its flags cannot say it, the call of the API itself. `given` has the fields of the path and of the body;
 * of a service `dockerfile` and `build_context` name what is sent from here. Undefined where no command does it.
 */
export function commandLine(operation: Operation, given: Document): string | undefined {
  const {id, params, query, body} = operation
  // A key belongs into a file, not into the history of a shell.
  if (id === 'cert.import')
    return `mcpx cert import ${word(String(given['cert_name']))} --cert fullchain.pem --key privkey.pem`
  const known = Object.assign({}, ...[params, query, body].map(part => asField(part).properties))
  const isService = id === 'service.create' || id === 'service.update'
  const fields = Object.entries(given).filter(
    ([name, value]) => value !== undefined && (name in known || (isService && name === 'dockerfile')),
  )
  const args = positional[id] ?? Object.keys(asField(params).properties ?? {})
  const rest = fields.filter(([name]) => !args.includes(name))
  const flags = rest.map(([name, value]) => (isService ? serviceFlag(name, value, given) : flag(name, value)))
  const words = flags.flat()
  if (words.includes(undefined))
    return given['dockerfile'] === undefined ? callLine(operation, Object.fromEntries(fields)) : undefined
  return ['mcpx', ...id.split('.'), ...inOrder(words as string[], positionalTexts(args, given))].join(' ')
}

/** What follows two dashes is no flag. */
const inOrder = (flags: string[], texts: string[]): string[] =>
  texts.some(text => text.startsWith('-'))
    ? [...flags, '--', ...texts.map(word)]
    : [...texts.map(word), ...flags]

/** One that is left out before one that is given is an empty list. */
function positionalTexts(args: readonly string[], given: Document): string[] {
  const last = args.findLastIndex(name => given[name] !== undefined)
  return args.slice(0, last + 1).map(name => String(given[name] ?? ''))
}

/** Words of a flag; `undefined` where a flag cannot say it. */
type Words = (string | undefined)[]

function flag(name: string, value: unknown): Words {
  const long = name.replaceAll('_', '-')
  if (value === null) return [`--unset ${long}`]
  if (value === true) return [`--${long}`]
  if (value === false) return [`--no-${long}`]
  if (!Array.isArray(value) && typeof value === 'object') return pairs(long, value)
  if (!Array.isArray(value)) return [one(long, value)]
  if (value.some(item => typeof item === 'object' || !isPart(String(item)))) return [undefined]
  return [one(long, value.map(item => String(item).replaceAll(',', '\\,')).join(','))]
}

/** Whether a flag that takes a list, parted by commas, gives it back as it is. */
const isPart = (text: string): boolean => text === text.trim() && !/^(["']).*\1$|\\|^$/.test(text)

function pairs(long: string, value: object): Words {
  const entries = Object.entries(value)
  if (entries.length === 0 || entries.some(([, text]) => typeof text === 'object')) return [undefined]
  return entries.map(([key, text]) => one(long, `${key}=${text}`))
}

/** A value that begins with a dash would be taken for a flag. */
const one = (long: string, value: unknown): string =>
  String(value).startsWith('-') ? word(`--${long}=${value}`) : `--${long} ${word(String(value))}`

/** How `service create` calls its fields, as `docker run` does. */
const serviceFlags: Record<string, string> = {
  image: 'image',
  internal_port: 'port',
  memory_limit: 'memory',
  cpu_limit: 'cpus',
  restart_policy: 'restart',
  user: 'user',
  dockerfile: 'dockerfile',
  volumes: 'volume',
  networks: 'network',
  capabilities: 'cap-add',
  environment: 'env',
  build_args: 'build-arg',
  labels: 'label',
}

function serviceFlag(name: string, value: unknown, given: Document): Words {
  if (name === 'read_only_root') return flag('read-only', value)
  if (name === 'build_context')
    return [given['dockerfile'] === undefined ? undefined : one('build-context', value)]
  if (name === 'port_configs') return (value as PortConfig[]).map(published)
  if (name === 'healthcheck' && value !== null) return checked(value as Document)
  const long = serviceFlags[name]
  if (long === undefined || value === null) return [undefined]
  if (Array.isArray(value)) return value.length === 0 ? [undefined] : value.map(item => one(long, item))
  return typeof value === 'object' ? pairs(long, value) : [one(long, value)]
}

/** `[BIND:]HOST[:CONTAINER][/udp]`, which names the port by itself. */
function published({name, host, container, bind, protocol, ...rest}: PortConfig): string | undefined {
  const isUdp = protocol === 'udp'
  if (host === undefined || name !== `p${host}${isUdp ? '-udp' : ''}` || Object.keys(rest).length > 0)
    return undefined
  return one(
    'publish',
    [bind, host, container].filter(part => part !== undefined).join(':') + (isUdp ? '/udp' : ''),
  )
}

function checked({command, interval, ...rest}: Document): Words {
  if (Object.keys(rest).length > 0) return [undefined]
  return [one('health-cmd', command), ...(interval === undefined ? [] : [one('health-interval', interval)])]
}

/** The call itself, its body as the shell hands it on. */
function callLine(operation: Operation, fields: Document): string {
  const inPath = Object.keys(asField(operation.params).properties ?? {})
  const path = (operation.root ? fullPath(operation) : operation.path).replace(
    /\{(\w+)\}/g,
    (_, name: string) => encodeURIComponent(String(fields[name])),
  )
  const body = Object.fromEntries(Object.entries(fields).filter(([name]) => !inPath.includes(name)))
  return `mcpx api ${operation.method} ${word(path)} --input - <<'END'\n${JSON.stringify(body, null, 2)}\nEND`
}

/** One word of a shell. */
const word = (text: string): string =>
  /^[\w:/.@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
