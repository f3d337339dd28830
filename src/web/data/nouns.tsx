// Every kind of record that has pages: what it is called, where it is, what its list shows.

import {Ago, Badge, Status} from '../parts/bits.tsx'
import type {Column} from '../parts/table.tsx'
import {can, type Document} from './client.ts'

export interface Noun {
  /** As in the change feed. */
  noun: string
  /** Ids of its operations begin with this. */
  prefix: string
  /** Part of the address. */
  path: string
  title: string
  one: string
  key: string
  lead: string
  /** Heading of the navigation it stands under. */
  group: 'Traffic' | 'Machines' | 'Access'
  create: string
  createLabel: string
  columns: readonly Column[]
  featured?: readonly string[]
  /** Fields of the form that have a button or a tab of their own. */
  hidden?: readonly string[]
  /** Those that a known record has a tab for. */
  tabbed?: readonly string[]
  /** What a record is called where its key says little. */
  heading?: (record: Document) => string
  /** What fields are called here, where their names would mislead. */
  labels?: Readonly<Record<string, string>>
  /** Shown while there is none. */
  empty: string
  /** Whether a deleted one can be made again as it was. */
  restorable?: true
  /** Whether its changes are not in the feed, so that it is looked at again and again. */
  unannounced?: true
}

const onOff: Column = {
  field: 'enabled',
  label: 'State',
  show: ({enabled}) => (enabled ? <Badge tone="good">on</Badge> : <Badge>off</Badge>),
  text: ({enabled}) => (enabled ? 'on' : 'off'),
}
const owner: Column = {
  field: 'owner',
  label: 'Owner',
  wide: true,
  show: ({owner: name}) => <span class="whole">{String(name ?? '')}</span>,
}
const created: Column = {
  field: 'created_at',
  label: 'Created',
  wide: true,
  show: ({created_at}) => <Ago time={String(created_at)} />,
}
const status: Column = {
  field: 'status',
  label: 'Status',
  show: ({status: value}) => <Status value={String(value ?? '–')} />,
}
/** Why it is not as it should be stands below, cut where it is long. */
const statusAndReason: Column = {
  ...status,
  show: ({status: value, reason}) => (
    <>
      <Status value={String(value ?? '–')} />
      {typeof reason === 'string' && (
        <p class="reason dim" title={reason}>
          {reason}
        </p>
      )}
    </>
  ),
  text: ({status: value, reason}) => [value, reason].filter(Boolean).join(' '),
}
const moment = (field: string, label: string): Column => ({
  field,
  label,
  wide: true,
  show: record => (record[field] ? <Ago time={String(record[field])} /> : '–'),
})

/** Who gets through a proxy, in words. */
export function accessText({auth, mcp}: Document): string {
  const isOn = (part: unknown): boolean => (part as Document | undefined)?.['enabled'] === true
  const who = isOn(auth) ? 'after a login' : 'anybody'
  return isOn(mcp) ? `MCP, ${who}` : who
}

/** By the name it gave itself. */
const client: Column = {
  field: 'client_id',
  label: 'Client',
  show: ({client_name: name, client_id: id}) => (name ? <span class="whole">{name}</span> : <>{id}</>),
  text: ({client_name, client_id}) => String(client_name ?? client_id),
}

/** What somebody agreed to at a login. */
export const grantColumns: readonly Column[] = [
  {field: 'user', label: 'User'},
  client,
  {field: 'resources', label: 'Opened'},
  {field: 'scopes', label: 'Agreed to', wide: true},
  moment('created_at', 'Since'),
  moment('expires_at', 'Until'),
]

const all: readonly Noun[] = [
  {
    noun: 'proxy',
    prefix: 'proxy',
    path: 'proxies',
    title: 'Proxies',
    one: 'proxy',
    key: 'hostname',
    lead: 'Public hostnames, and where their requests go',
    group: 'Traffic',
    create: 'proxy.create',
    createLabel: 'New proxy',
    columns: [
      {field: 'hostname', label: 'Hostname'},
      {
        field: 'target_url',
        label: 'Goes to',
        show: ({target_url: url}) => <>{url ?? <span class="dim">routes only</span>}</>,
      },
      {field: 'auth', label: 'Who may use it', wide: true, text: accessText},
      onOff,
      owner,
      created,
    ],
    featured: ['hostname', 'target_url', 'description', 'cert_email', 'staging'],
    hidden: ['enabled', 'route_mode', 'enabled_routes', 'disabled_routes', 'auth', 'mcp'],
    tabbed: ['custom_headers', 'preserve_host_header', 'hsts_max_age', 'allowed_origins', 'certificate'],
    empty:
      'A proxy gives something that runs on your machine or network a public hostname. Name it, say where its requests go, and it answers at once.',
    restorable: true,
  },
  {
    noun: 'route',
    prefix: 'route',
    path: 'routes',
    title: 'Routes',
    one: 'route',
    key: 'route_id',
    lead: 'Which path goes where; a higher priority is tried first',
    group: 'Traffic',
    create: 'route.create',
    createLabel: 'New route',
    columns: [],
    featured: ['path_pattern', 'target_type', 'target_value', 'priority', 'hosts'],
    heading: ({path_pattern}) => String(path_pattern),
    empty:
      'A route sends a part of a host elsewhere: `/mcp` to one program, `/api` to another. Without routes a proxy sends everything to its target.',
    restorable: true,
  },
  {
    noun: 'instance',
    prefix: 'instance',
    path: 'instances',
    title: 'Instances',
    one: 'instance',
    key: 'name',
    lead: 'Names for where something runs, for routes to point at',
    group: 'Traffic',
    create: 'instance.register',
    createLabel: 'Register instance',
    columns: [
      {field: 'name', label: 'Name'},
      {
        field: 'target_url',
        label: 'URLs',
        text: ({target_url, more_urls = []}) => [target_url, ...(more_urls as string[])].join(', '),
      },
      {field: 'description', label: 'Note', wide: true},
      owner,
      created,
    ],
    empty:
      'An instance is a name for one or more URLs of the same program. When the program moves, change the instance; the routes that use it stay as they are.',
    restorable: true,
  },
  {
    noun: 'certificate',
    prefix: 'cert',
    path: 'certificates',
    title: 'Certificates',
    one: 'certificate',
    key: 'cert_name',
    lead: 'TLS certificates, issued and renewed by mcpx',
    group: 'Traffic',
    create: 'cert.create',
    createLabel: 'Ask for certificate',
    columns: [
      {field: 'cert_name', label: 'Name'},
      {field: 'domains', label: 'Domains'},
      status,
      moment('expires_at', 'Expires'),
      owner,
    ],
    featured: ['cert_name', 'domains', 'email', 'staging'],
    // A CA dates its certificates back, by an hour or so.
    labels: {issued_at: 'Valid from', expires_at: 'Valid until'},
    empty: 'mcpx asks a CA for certificates, answers its challenges and renews them in time.',
  },
  {
    noun: 'resource',
    prefix: 'resource',
    path: 'resources',
    title: 'MCP resources',
    one: 'resource',
    key: 'uri',
    lead: 'MCP servers that are protected by a login',
    group: 'Access',
    create: 'resource.register',
    createLabel: 'Register resource',
    columns: [
      {field: 'uri', label: 'URI'},
      {field: 'name', label: 'Name'},
      {field: 'scopes', label: 'Scopes', wide: true},
      owner,
    ],
    empty: 'Publish a proxy as an MCP server, and its resource appears here.',
    restorable: true,
  },
  {
    noun: 'service',
    prefix: 'service',
    path: 'services',
    title: 'Services',
    one: 'service',
    key: 'service_name',
    lead: 'Docker containers that mcpx creates and looks after',
    group: 'Machines',
    create: 'service.create',
    createLabel: 'New service',
    columns: [
      {field: 'service_name', label: 'Name'},
      statusAndReason,
      {
        field: 'image',
        label: 'Runs',
        text: ({image, dockerfile_path}) => String(image ?? `built from ${dockerfile_path}`),
      },
      moment('created_at', 'Created'),
      owner,
    ],
    featured: ['service_name', 'image', 'internal_port', 'memory_limit', 'cpu_limit'],
    empty: 'A service is a container that mcpx runs for you: give an image, and a proxy can point at it.',
  },
  {
    noun: 'port-token',
    prefix: 'port.token',
    path: 'port-tokens',
    title: 'Port tokens',
    one: 'port token',
    key: 'token_name',
    lead: 'Secrets that open named services and ports until they expire',
    group: 'Machines',
    create: 'port.token.create',
    createLabel: 'New port token',
    columns: [
      {field: 'token_name', label: 'Name'},
      {field: 'allowed_services', label: 'Services'},
      {
        field: 'allowed_ports',
        label: 'Ports',
        text: ({allowed_ports: ports}) => (ports as number[] | undefined)?.join(', ') || 'all',
      },
      moment('expires_at', 'Expires'),
    ],
    empty: 'A port token lets somebody use a guarded port, for a while.',
  },
  {
    noun: 'client',
    prefix: 'oauth.client',
    path: 'oauth-clients',
    title: 'OAuth clients',
    one: 'OAuth client',
    key: 'client_id',
    lead: 'Programs that log people in',
    group: 'Access',
    create: 'oauth.client.register',
    createLabel: 'Register client',
    columns: [
      {field: 'client_name', label: 'Name'},
      {field: 'client_id', label: 'Client ID', wide: true},
      moment('created_at', 'Registered'),
      moment('last_used_at', 'Last used'),
    ],
    heading: ({client_name, client_id}) => String(client_name ?? client_id),
    empty: 'MCP clients such as Claude or VS Code register by themselves when somebody connects them.',
    unannounced: true,
  },
  {
    noun: 'session',
    prefix: 'oauth.session',
    path: 'oauth-sessions',
    title: 'Logins',
    one: 'session',
    key: 'id',
    lead: 'Who logged in with which client, and what for',
    group: 'Access',
    create: '',
    createLabel: '',
    columns: grantColumns,
    heading: ({user, client_name, client_id}) => `${user} with ${client_name ?? client_id}`,
    empty: 'When somebody logs in to a protected proxy, the session is listed here and can be revoked.',
    unannounced: true,
  },
  {
    noun: 'oauth-token',
    prefix: 'oauth.token',
    path: 'oauth-tokens',
    title: 'Access tokens',
    one: 'access token',
    key: 'jti',
    lead: 'What clients hold after a login; each is good at one place, for minutes',
    group: 'Access',
    create: '',
    createLabel: '',
    columns: [
      {field: 'user', label: 'User'},
      {...client, wide: true},
      {field: 'resource', label: 'Good at'},
      {field: 'scope', label: 'For', wide: true},
      {
        field: 'active',
        label: 'State',
        show: ({active}) => (active ? <Badge tone="good">holds</Badge> : <Badge>revoked</Badge>),
        text: ({active}) => (active ? 'holds' : 'revoked'),
      },
      moment('expires_at', 'Until'),
    ],
    heading: ({user, resource}) => `${user} at ${resource}`,
    empty:
      'After a login a client gets access tokens; they are listed here, and can be revoked, until they end.',
    unannounced: true,
  },
  {
    noun: 'token',
    prefix: 'token',
    path: 'tokens',
    title: 'API tokens',
    one: 'token',
    key: 'name',
    lead: 'Who may use the API, the command line and this console',
    group: 'Access',
    create: 'token.create',
    createLabel: 'New token',
    columns: [
      {field: 'name', label: 'Name'},
      {
        field: 'admin',
        label: 'May',
        show: ({admin}) => (admin ? <Badge tone="warn">everything</Badge> : <>its own records</>),
        text: ({admin}) => (admin ? 'everything' : 'its own records'),
      },
      {field: 'cert_email', label: 'E-mail', wide: true},
      created,
    ],
    empty: 'A token owns what it creates, and sees and changes nothing else.',
  },
]

/** The nouns this mcpx has and this person may list. */
export const nouns = (): readonly Noun[] => all.filter(({prefix}) => can(`${prefix}.list`))

export const nounAt = (path: string): Noun | undefined => nouns().find(one => one.path === path)

export const keyOf = ({key}: Noun, record: Document): string => String(record[key])
