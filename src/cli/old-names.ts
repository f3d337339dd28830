// The commands of the first generation: hyphenated names with everything positional. Scripts call them as they stand.
import {Problem} from '../core/problem.ts'

/**
 * What the words after an old name are, in order: `field` an argument, `--flag` its value, `--flag?` true or false,
 * `token` the admin token, `-` nothing any more, `=word` nothing but this very word, `<:` what goes before the last word
 * with a colon. An empty word is as good as none.
 */
export interface OldName {
  command: string
  words: readonly string[]
}

const old = (command: string, ...words: string[]): OldName => ({command, words})

export const oldNames: Readonly<Record<string, OldName>> = {
  up: old('serve'),
  dev: old('serve'),
  // Scripts have nobody who is asked.
  setup: old('init --yes'),
  health: old('health'),
  stats: old('stats'),
  logs: old('logs', '=proxy'),
  'web-ui': old('open'),
  'redis-cli': old('redis'),
  'cleanup-orphaned': old('cleanup', 'token'),
  'token-generate': old('token create', 'name', '--cert-email', 'token'),
  'token-show': old('token show', 'name', 'token'),
  'token-list': old('token list', 'token'),
  'token-delete': old('token delete --yes', 'name', 'token'),
  'token-email-update': old('token update', 'name', '--cert-email', 'token'),
  'token-show-certs': old('token certificates', 'name', 'token'),
  'cert-create': old('cert create', 'cert_name', 'domain', '--email', 'token', '--staging?'),
  'cert-create-multi': old('cert create', 'cert_name', '--domains', '--email', 'token', '--staging?'),
  'cert-create-wildcard': old('cert create --wildcard', 'cert_name', 'domain', '--email', 'token'),
  'cert-list': old('cert list', 'token'),
  'cert-show': old('cert show', 'cert_name', 'token', '--pem?'),
  'cert-status': old('cert status', 'cert_name', 'token', '--wait?'),
  'cert-renew': old('cert renew', 'cert_name', 'token', '--force?'),
  'cert-delete': old('cert delete --yes', 'cert_name', 'token', '-'),
  'cert-to-production': old('cert promote', 'cert_name', 'token'),
  'cert-coverage': old('cert coverage', 'token'),
  'proxy-create': old(
    'proxy create',
    'hostname',
    'target_url',
    'token',
    '--cert-email',
    '--staging?',
    '--preserve-host-header?',
    '--enable-http?',
    '--enable-https?',
  ),
  'proxy-list': old('proxy list', 'token'),
  'proxy-show': old('proxy show', 'hostname', 'token'),
  'proxy-update': old('proxy update', 'hostname', '--target-url', 'token'),
  'proxy-delete': old('proxy delete --yes', 'hostname', 'token', '--delete-certificate?', '-'),
  'proxy-enable': old('proxy enable', 'hostname', 'token'),
  'proxy-disable': old('proxy disable', 'hostname', 'token'),
  'proxy-cert-attach': old('proxy cert attach', 'hostname', 'cert_name', 'token'),
  'proxy-cert-generate': old('proxy cert generate', 'hostname', 'token', '--staging?'),
  'proxy-auth-enable': old('proxy auth enable', 'hostname', 'token', '-', '--mode'),
  'proxy-auth-config': old(
    'proxy auth enable',
    'hostname',
    '--required-users',
    '--required-emails',
    '--required-groups',
    'token',
  ),
  'proxy-auth-disable': old('proxy auth disable --yes', 'hostname', 'token'),
  'proxy-auth-show': old('proxy auth show', 'hostname', 'token'),
  'proxy-mcp-enable': old(
    'proxy mcp enable',
    'hostname',
    'token',
    'endpoint',
    '--scopes',
    '--stateful?',
    '--override-backend?',
  ),
  'proxy-mcp-disable': old('proxy mcp disable --yes', 'hostname', 'token'),
  'proxy-mcp-show': old('proxy mcp show', 'hostname', 'token'),
  'proxy-routes-show': old('proxy route list', 'hostname', 'token'),
  'proxy-routes-mode': old('proxy route mode', 'hostname', 'route_mode', 'token'),
  'proxy-routes-set': old('proxy route mode', 'hostname', '--enabled-routes', '--disabled-routes', 'token'),
  'proxy-route-enable': old('proxy route enable', 'hostname', 'route_id', 'token'),
  'proxy-route-disable': old('proxy route disable', 'hostname', 'route_id', 'token'),
  'route-create': old(
    'route create',
    'path_pattern',
    'target_type',
    'target_value',
    'token',
    '--priority',
    '--methods',
    '--is-regex?',
    '--description',
  ),
  'route-list': old('route list', 'token'),
  'route-show': old('route show', 'route_id', 'token'),
  'route-update': old('route update', 'route_id', '--target-value', 'token', '--priority'),
  'route-enable': old('route enable', 'route_id', 'token'),
  'route-disable': old('route disable', 'route_id', 'token'),
  'route-delete': old('route delete --yes', 'route_id', 'token'),
  'instance-register': old('instance register', 'name', 'target_url', 'token', '--description'),
  'instance-register-oauth': old('instance register auth http://localhost:9000', 'token'),
  'instance-list': old('instance list', 'token'),
  'instance-show': old('instance show', 'name', 'token'),
  'instance-update': old('instance update', 'name', '--target-url', 'token'),
  'instance-delete': old('instance delete --yes', 'name', 'token'),
  'oauth-routes-setup': old('oauth setup', '-', 'token'),
  'oauth-client-register': old('oauth client register', 'client_name', '--redirect-uris', '--scope', 'token'),
  'oauth-clients-list': old('oauth client list', 'token'),
  'oauth-client-show': old('oauth client show', 'client_id', 'token'),
  'oauth-client-tokens': old('oauth client tokens', 'client_id', 'token'),
  'oauth-sessions-list': old('oauth session list', 'token'),
  'oauth-session-show': old('oauth session show', 'id', 'token'),
  'oauth-session-revoke': old('oauth session revoke --yes', 'id', 'token'),
  'oauth-tokens-stats': old('oauth token list', 'token'),
  'oauth-token-show': old('oauth token show', 'jti', 'token'),
  'oauth-metrics': old('oauth metrics', 'token'),
  'oauth-health': old('oauth health', 'token'),
  'oauth-proxy-status': old('oauth status', 'hostname', 'token'),
  'oauth-test-tokens': old('oauth test', 'url', 'token'),
  'resource-register': old('resource register', 'uri', 'proxy_target', '--name', 'token', '--scopes'),
  'resource-list': old('resource list', 'token'),
  'resource-show': old('resource show', 'uri', 'token'),
  'resource-validate': old('resource validate', 'uri', '--token'),
  'service-create': old(
    'service create',
    'service_name',
    '--image',
    '--dockerfile',
    '--port',
    'token',
    '--memory',
    '--cpus',
    '-',
  ),
  'service-create-exposed': old(
    'service create',
    'service_name',
    '--image',
    '--publish',
    '<:',
    'token',
    '--memory',
    '--cpus',
  ),
  'service-list': old('service list', 'token'),
  'service-show': old('service show', 'service_name', 'token'),
  'service-delete': old('service delete --yes', 'service_name', 'token'),
  'service-start': old('service start', 'service_name', 'token'),
  'service-stop': old('service stop', 'service_name', 'token'),
  'service-restart': old('service restart', 'service_name', 'token'),
  'service-logs': old('service logs', 'service_name', '--lines', '--timestamps?', 'token'),
  'service-stats': old('service stats', 'service_name', 'token'),
  'service-proxy-create': old('service proxy create', 'service_name', 'hostname', '-', 'token'),
  'service-cleanup': old('cleanup', 'token'),
  'service-port-add': old(
    'service port add',
    'service_name',
    'name',
    '--host',
    '--container',
    '--bind',
    '--source-token?',
    'token',
  ),
  'service-port-remove': old('service port remove --yes', 'service_name', 'port_name', 'token'),
  'service-port-list': old('service port list', 'service_name', 'token'),
  'service-port-check': old('port check', 'port', '--bind', 'token'),
  'port-list': old('port list', 'token'),
  'port-available': old('port available', 'token'),
  'port-token-create': old(
    'port token create',
    'token_name',
    'allowed_services',
    'allowed_ports',
    'expires_in',
    'token',
  ),
  'port-token-list': old('port token list', 'token'),
  'port-token-revoke': old('port token revoke --yes', 'token_name', 'token'),
  'mcp-echo-setup': old('demo', 'token'),
  'mcp-echo-start': old('demo', 'token'),
}

/** Recipes that stood for several commands; `given` are their words without the token. */
export const oldGroups: Readonly<Record<string, (given: readonly string[]) => string[][]>> = {
  'proxy-create-group': ([group = '', hostnames = '', url = '', staging = '', preserve = '']) => {
    const hosts = commaSeparated(hostnames)
    return [
      ['cert', 'create', group, '--domains', hosts, ...switched('--staging', staging)],
      ...hosts
        .split(',')
        .map(host => [
          'proxy',
          'create',
          host,
          url,
          '--certificate',
          group,
          ...switched('--preserve-host-header', preserve),
        ]),
    ]
  },
}

/** Recipes for what is made without being asked for by now. */
export const oldNotes: Readonly<Record<string, string>> = {
  'generate-admin-token':
    'Nothing to do: the first start of `mcpx serve` makes the admin token and shows it; `mcpx serve --reset-admin-token` makes another.',
  'generate-oauth-key': 'Nothing to do: the first start of `mcpx serve` makes the key that signs tokens.',
}

/** Recipes for the containers of the project, as words of `docker compose`. */
export const composeNames: Readonly<Record<string, string>> = {
  up: 'up --detach',
  down: 'down',
  restart: 'restart',
  rebuild: 'up --detach --build',
  shell: 'exec mcpx sh',
}

export interface Translated {
  /** Commands of today, one after the other. */
  lines: string[][]
  token?: string
  /** What to tell the person. */
  note?: string
}

const isToken = (word: string, adminToken: string | undefined): boolean =>
  word.startsWith('acm_') || (adminToken !== undefined && word === adminToken)

/**
 * The commands of today for a line that begins with an old name; undefined for any other. A token is known by its form
 * (`acm_…`, or ADMIN_TOKEN) wherever it stands, else by its place. Flags of today may follow. Throws usage for what
 * only Docker Compose can do.
 */
export function translated(
  [name = '', ...rest]: readonly string[],
  adminToken: string | undefined = process.env['ADMIN_TOKEN'],
): Translated | undefined {
  if (Object.hasOwn(oldNotes, name)) return {lines: [], note: oldNotes[name] ?? ''}
  const firstFlag = rest.findIndex(word => word.startsWith('-') && word.length > 1)
  const given = firstFlag === -1 ? rest : rest.slice(0, firstFlag)
  const flags = firstFlag === -1 ? [] : rest.slice(firstFlag).map(assigned)
  const told = given.findIndex(word => isToken(word, adminToken))
  const words = given.filter((_, place) => place !== told)
  const token = told === -1 ? {} : {token: given[told] ?? ''}
  const group = Object.hasOwn(oldGroups, name) ? oldGroups[name] : undefined
  if (group) return {lines: group(words).map(line => [...line, ...flags]), ...token}
  const known = Object.hasOwn(oldNames, name) ? oldNames[name] : undefined
  if (known) {
    const slots = told === -1 ? known.words : known.words.filter(slot => slot !== 'token')
    const found = filled(slots, words)
    return {lines: [[...known.command.split(' '), ...found.words, ...flags]], ...token, ...found.token}
  }
  if (!Object.hasOwn(composeNames, name)) return undefined
  throw new Problem('usage', `\`${name}\` is for mcpx in containers.`, {
    hint: `\`docker compose ${composeNames[name]}\` where its docker-compose.yml is`,
  })
}

/** Words in their slots. A switch is also known by its name, in whatever place: `pem` for `--pem?`. */
function filled(
  slots: readonly string[],
  given: readonly string[],
): {words: string[]; token?: {token: string}} {
  const named = slots.filter(slot => slot.endsWith('?') && given.indexOf(slot.slice(2, -1)) > 0)
  const switches = named.map(slot => slot.slice(0, -1))
  const open = slots.filter(slot => !named.includes(slot))
  const rest = given.filter((word, place) => place === 0 || !switches.includes(`--${word}`))
  const args: string[] = []
  const words: string[] = []
  let token: {token: string} | undefined
  for (const [i, word] of rest.entries()) {
    const slot = open[i]
    const isArgument = slot === undefined || /^[a-z]/.test(slot)
    if (slot === 'token') token = word === '' ? undefined : {token: word}
    else if (isArgument) args.push(word)
    else if (word === '' || slot === '-') continue
    else if (slot === '<:') words.push(`${word}:${words.pop()}`)
    else if (slot.endsWith('?')) words.push(...switched(slot.slice(0, -1), word))
    else if (slot.startsWith('--')) words.push(slot, lists.has(slot) ? commaSeparated(word) : word)
    else if (slot !== `=${word}`) args.push(word)
  }
  // An empty word before another keeps its place.
  while (args.at(-1) === '') args.pop()
  return {words: [...args, ...words, ...switches], ...(token && {token})}
}

const commaSeparated = (word: string): string => word.trim().replaceAll(/[\s,]+/g, ',')

/** `--flag=true` and `--flag=false` as the switches they are by now. */
const assigned = (flag: string): string =>
  flag.replace(/^--([\w-]+)=true$/, '--$1').replace(/^--([\w-]+)=false$/, '--no-$1')

const switched = (flag: string, word: string): string[] => {
  if (/^(true|yes|1|on)$/i.test(word)) return [flag]
  return flagsOnByDefault.has(flag) ? [flag.replace('--', '--no-')] : []
}

/** Flags whose lists had spaces between. */
const lists = new Set([
  '--scopes',
  '--methods',
  '--redirect-uris',
  '--domains',
  '--enabled-routes',
  '--disabled-routes',
])

/** Flags that stand for what is so unless it is denied. */
const flagsOnByDefault = new Set(['--preserve-host-header', '--enable-http', '--enable-https'])
