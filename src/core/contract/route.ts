// route: sends requests by host, path and method to a target; higher priority first.
import Type from 'typebox'
import {model, type RecordOf} from '../model.ts'
import {operation, page, paging} from '../operation.ts'
import {hostname} from './fields.ts'

export const targetTypes = ['port', 'instance', 'hostname', 'url', 'service'] as const
export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'] as const

export const route = model(
  'Route',
  'Sends requests by host, path and method to a target; higher priority first.',
  {
    key: {
      route_id: Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
        description: 'its id; made up when not given',
      }),
    },
    required: {
      path_pattern: Type.String({
        minLength: 1,
        maxLength: 2048,
        description: 'path it serves: `/mcp` also means `/mcp/…`; see is_exact and is_regex',
      }),
      target_type: Type.Enum([...targetTypes], {
        description:
          'what target_value names: a port on this machine, an instance, a proxied hostname, a URL, or a service',
      }),
      target_value: Type.String({
        minLength: 1,
        maxLength: 2048,
        description: 'port number, name, hostname or URL, as target_type says',
      }),
    },
    defaulted: {
      priority: Type.Integer({
        minimum: 0,
        maximum: 999,
        default: 50,
        description: 'higher is tried first; 90 and above are for admins',
      }),
      methods: Type.Array(Type.Enum(['*', ...methods]), {
        minItems: 1,
        uniqueItems: true,
        default: ['*'],
        description: 'HTTP methods it takes; `*` is every one',
      }),
      is_exact: Type.Boolean({default: false, description: 'only this very path, not what lies below it'}),
      is_regex: Type.Boolean({
        default: false,
        description: 'path_pattern is a regular expression (RE2 syntax) that must match the whole path',
      }),
      strip_path: Type.Boolean({
        default: false,
        description: 'remove path_pattern from the path before it goes upstream (prefix routes only)',
      }),
      enabled: Type.Boolean({default: true, description: 'whether it is used at all'}),
    },
    optional: {
      hosts: Type.Array(Type.Union([Type.Literal('*'), hostname('a hostname')]), {
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        description: 'hostnames it serves; default every proxy of its owner; `*` (all hosts) is for admins',
      }),
      description: Type.String({maxLength: 1000, description: 'a note for people'}),
    },
  },
  {generatedKey: true},
)
export type Route = RecordOf<typeof route>

const params = Type.Object({route_id: Type.String({description: 'id of the route'})})

export const routeOperations = {
  create: operation('route.create', 'POST /routes', {
    summary: 'Create a route',
    access: 'token',
    body: route.create,
    status: 201,
    result: route.record,
    problems: [
      'already-exists',
      'route-taken',
      'pattern-invalid',
      'reference-unknown',
      'target-forbidden',
      'target-loops',
      'admin-only',
    ],
  }),
  list: operation('route.list', 'GET /routes', {
    summary: 'List routes',
    access: 'token',
    query: Type.Object(paging),
    result: page(route.record),
  }),
  show: operation('route.show', 'GET /routes/{route_id}', {
    summary: 'Show a route',
    access: 'token',
    params,
    result: route.record,
    problems: ['not-found'],
  }),
  update: operation('route.update', 'PATCH /routes/{route_id}', {
    summary: 'Change a route',
    access: 'token',
    params,
    body: route.update,
    result: route.record,
    problems: [
      'not-found',
      'revision-mismatch',
      'route-taken',
      'pattern-invalid',
      'reference-unknown',
      'target-forbidden',
      'target-loops',
      'admin-only',
    ],
  }),
  enable: operation('route.enable', 'POST /routes/{route_id}/enable', {
    summary: 'Switch a route on',
    access: 'token',
    params,
    result: route.record,
    problems: ['not-found'],
  }),
  disable: operation('route.disable', 'POST /routes/{route_id}/disable', {
    summary: 'Switch a route off, keeping it',
    access: 'token',
    params,
    result: route.record,
    problems: ['not-found'],
  }),
  delete: operation('route.delete', 'DELETE /routes/{route_id}', {
    summary: 'Delete a route',
    access: 'token',
    params,
    problems: ['not-found', 'revision-mismatch'],
  }),
}
