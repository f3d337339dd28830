// resource: a protected resource (RFC 9728), the URI of an MCP server behind a proxy, its name and scopes.
import Type, {type Static} from 'typebox'
import {model, type RecordOf} from '../model.ts'
import {operation, page, paging} from '../operation.ts'
import {hostname} from './fields.ts'

export const resource = model(
  'Resource',
  'A protected resource (RFC 9728): the URI of an MCP server behind a proxy, its name and scopes.',
  {
    key: {
      uri: Type.String({
        pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@]+(?:/[^\\s?#]*)?$',
        maxLength: 2048,
        description: 'its URL as clients type it, e.g. https://api.example.com/mcp',
      }),
    },
    required: {proxy_target: hostname('hostname of the proxy in front of it')},
    defaulted: {
      scopes: Type.Array(Type.String({pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,128}$'}), {
        uniqueItems: true,
        maxItems: 50,
        default: ['mcp:read', 'mcp:write'],
        description: 'scopes it knows',
      }),
    },
    optional: {
      name: Type.String({maxLength: 200, description: 'its name for people'}),
      description: Type.String({maxLength: 1000, description: 'a note for people'}),
    },
    assigned: {
      metadata_url: Type.String({readOnly: true, description: 'where its metadata is (RFC 9728)'}),
    },
  },
)
export type Resource = RecordOf<typeof resource>

const params = Type.Object({uri: Type.String({description: 'URI of the resource'})})

/** One step of looking at an MCP server as a client does. */
export const probeReport = Type.Object(
  {
    url: Type.String(),
    ok: Type.Boolean({description: 'whether a client can use it'}),
    steps: Type.Array(
      Type.Object({
        step: Type.String({description: 'what was tried'}),
        ok: Type.Boolean(),
        detail: Type.String({description: 'what was found, and why it is wrong'}),
      }),
    ),
  },
  {$id: 'ProbeReport'},
)
export type ProbeReport = Static<typeof probeReport>

export const resourceOperations = {
  register: operation('resource.register', 'POST /resources', {
    summary: 'Register an MCP server behind a proxy as a protected resource',
    access: 'token',
    body: resource.create,
    status: 201,
    result: resource.record,
    problems: ['already-exists', 'reference-unknown', 'not-found'],
  }),
  list: operation('resource.list', 'GET /resources', {
    summary: 'List protected resources',
    access: 'token',
    query: Type.Object(paging),
    result: page(resource.record),
  }),
  autoRegister: operation('resource.auto-register', 'POST /resources/auto-register', {
    summary: 'Find MCP endpoints behind proxies and publish them, behind a login',
    access: 'token',
    body: Type.Object(
      {
        hostname: Type.Optional(Type.String({description: 'only this proxy; default every one you own'})),
      },
      {additionalProperties: false, $id: 'ResourceAutoRegister'},
    ),
    result: Type.Object({
      looked_at: Type.Integer({description: 'proxies that were looked at'}),
      registered: Type.Array(resource.record),
    }),
  }),
  show: operation('resource.show', 'GET /resources/{uri}', {
    summary: 'Show a protected resource',
    access: 'token',
    params,
    result: resource.record,
    problems: ['not-found'],
  }),
  update: operation('resource.update', 'PATCH /resources/{uri}', {
    summary: 'Change a protected resource',
    access: 'token',
    params,
    body: resource.update,
    result: resource.record,
    problems: ['not-found', 'revision-mismatch', 'reference-unknown'],
  }),
  delete: operation('resource.delete', 'DELETE /resources/{uri}', {
    summary: 'Delete a protected resource',
    access: 'token',
    params,
    problems: ['not-found', 'revision-mismatch'],
  }),
  validate: operation('resource.validate', 'POST /resources/{uri}/validate-token', {
    summary: 'Look at a resource as a client does; with an access token also call it',
    access: 'token',
    params,
    body: Type.Object(
      {token: Type.Optional(Type.String({maxLength: 16_384, description: 'an access token to try'}))},
      {additionalProperties: false, $id: 'ResourceValidate'},
    ),
    result: probeReport,
    problems: ['not-found'],
  }),
}
