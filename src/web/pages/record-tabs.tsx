// Tabs that only some kinds of record have.
import {can, type Document} from '../data/client.ts'
import type {Noun} from '../data/nouns.tsx'
import {Grants} from './grants.tsx'
import {ProxyCertificate} from './proxy-certificate.tsx'
import {Connect} from './proxy-connect.tsx'
import {ProxyHeaders} from './proxy-headers.tsx'
import {Keys} from './proxy-keys.tsx'
import {ProxyRoutes} from './proxy-routes.tsx'
import type {Tab} from './record.tsx'
import {Requests} from './requests.tsx'
import {ClientTokens, ResourceCheck} from './resource-check.tsx'
import {ServiceLogs, ServicePorts, ServiceProxy} from './service-tabs.tsx'
import {Switchable, type SwitchableProps} from './switchable.tsx'

export function ownTabs({noun}: Noun, name: string): Tab[] {
  if (noun === 'route')
    return [{path: 'requests', label: 'Requests', show: () => <Requests only={{route: name}} />}]
  if (noun === 'service') {
    return [
      {path: 'logs', label: 'Logs', show: () => <ServiceLogs name={name} />},
      {path: 'ports', label: 'Ports', show: (_, reload) => <ServicePorts name={name} reload={reload} />},
      {path: 'proxy', label: 'Proxy', show: () => <ServiceProxy name={name} />},
    ]
  }
  if (noun === 'resource') return [{path: 'check', label: 'Check', show: () => <ResourceCheck uri={name} />}]
  if (noun === 'client')
    return [
      {path: 'grants', label: 'Grants', show: () => <Grants of={{client_id: name}} />},
      {path: 'tokens', label: 'Access tokens', show: () => <ClientTokens id={name} />},
    ]
  if (noun === 'session')
    return [
      {
        path: 'grants',
        label: 'Grants of this user',
        show: ({user}) => <Grants of={{user: String(user)}} />,
      },
    ]
  if (noun !== 'proxy') return []
  const part = (path: string, label: string, props: Omit<SwitchableProps, 'hostname'>): Tab[] =>
    can(`${props.id}.show`)
      ? [{path, label, show: () => <Switchable key={props.id} hostname={name} {...props} />}]
      : []
  return [
    {path: 'connect', label: 'Connect', show: record => <Connect record={record} />},
    {path: 'requests', label: 'Requests', show: () => <Requests only={{proxy: name}} />},
    {path: 'routes', label: 'Routes', show: () => <ProxyRoutes hostname={name} />},
    ...(can('proxy.cert.generate')
      ? [
          {
            path: 'certificate',
            label: 'Certificate',
            show: (record: Document) => <ProxyCertificate record={record} />,
          },
        ]
      : []),
    {
      path: 'headers',
      label: 'Headers',
      show: (record, reload) => <ProxyHeaders record={record} reload={reload} />,
    },
    ...part('protection', 'Protection', {
      id: 'proxy.auth',
      what: 'the login',
      off: 'Anybody may use this proxy without a login.',
      featured: ['mode', 'required_users', 'required_emails', 'required_groups'],
    }),
    ...part('mcp', 'MCP', {
      id: 'proxy.mcp',
      what: 'the MCP server',
      off: 'This proxy is not published as an MCP server.',
    }),
    ...(can('proxy.key.list') ? [{path: 'keys', label: 'Keys', show: () => <Keys hostname={name} />}] : []),
  ]
}
