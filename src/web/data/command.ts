// The command line that does the same as a form.
import type {Operation} from '../../core/operation.ts'
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
  'service.port.add': ['service_name', 'name'],
  'service.proxy.create': ['service_name', 'hostname'],
  'token.create': ['name'],
  'token.update': ['name'],
}

export function commandLine({id, params, body}: Operation, given: Document): string {
  const args = positional[id] ?? Object.keys(asField(params).properties ?? {})
  const first = args.flatMap(name => (given[name] === undefined ? [] : [word(String(given[name]))]))
  const known = {...asField(body).properties, ...asField(params).properties}
  const flags = Object.entries(given)
    .filter(([name]) => !args.includes(name) && name in known)
    .flatMap(([name, value]) => flag(name.replaceAll('_', '-'), value))
  return ['mcpx', ...id.split('.'), ...first, ...flags].join(' ')
}

function flag(name: string, value: unknown): string[] {
  if (value === undefined) return []
  if (value === null) return [`--unset ${name}`]
  if (value === true) return [`--${name}`]
  if (value === false) return [`--no-${name}`]
  if (Array.isArray(value)) {
    const texts = value.map(one => (typeof one === 'object' ? JSON.stringify(one) : String(one)))
    return [`--${name} ${word(texts.join(','))}`]
  }
  if (typeof value === 'object')
    return Object.entries(value).map(([key, text]) => `--${name} ${word(`${key}=${text}`)}`)
  return [`--${name} ${word(String(value))}`]
}

/** One word of a shell. */
const word = (text: string): string =>
  /^[\w:/.@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
