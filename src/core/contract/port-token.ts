// port token: a secret that opens named services and ports until it expires.
import Type from 'typebox'
import {model, type RecordOf} from '../model.ts'
import {operation, page, paging} from '../operation.ts'
import {name} from './fields.ts'

export const portToken = model(
  'PortToken',
  'A secret that opens named services and ports until it expires.',
  {
    key: {token_name: name('the port token, e.g. `partner`')},
    required: {
      allowed_services: Type.Array(Type.String({maxLength: 63}), {
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        description: 'services it opens',
      }),
    },
    defaulted: {
      allowed_ports: Type.Array(Type.Integer({minimum: 1, maximum: 65_535}), {
        maxItems: 100,
        uniqueItems: true,
        default: [],
        description: 'host ports it opens; empty is every one of these services',
      }),
    },
    assigned: {
      expires_at: Type.String({readOnly: true, format: 'date-time', description: 'when it stops working'}),
      last_used: Type.Optional(
        Type.String({readOnly: true, format: 'date-time', description: 'when it last opened something'}),
      ),
      use_count: Type.Integer({readOnly: true, description: 'how many requests it has let through'}),
    },
  },
)
export type PortToken = RecordOf<typeof portToken>

const params = Type.Object({token_name: Type.String({description: 'name of the port token'})})

export const portTokenOperations = {
  create: operation('port.token.create', 'POST /ports/tokens', {
    summary: 'Create a port token; its secret is shown once',
    access: 'token',
    body: Type.Object(
      {
        ...portToken.create.properties,
        expires_in: Type.Optional(
          Type.String({
            pattern: '^[1-9][0-9]{0,5}[smhd]$',
            default: '30d',
            description: 'how long it works, e.g. `12h` or `30d`',
          }),
        ),
      },
      {additionalProperties: false, $id: 'PortTokenCreate'},
    ),
    status: 201,
    result: Type.Object({
      token: Type.String({description: 'the secret (`pat_…`), shown this once'}),
      record: portToken.record,
    }),
    problems: ['already-exists', 'reference-unknown'],
  }),
  list: operation('port.token.list', 'GET /ports/tokens', {
    summary: 'List port tokens',
    access: 'token',
    query: Type.Object(paging),
    result: page(portToken.record),
  }),
  revoke: operation('port.token.revoke', 'DELETE /ports/tokens/{token_name}', {
    summary: 'Revoke a port token; what it opened is closed within a second',
    access: 'token',
    params,
    problems: ['not-found'],
  }),
  validate: operation('port.token.validate', 'POST /ports/tokens/validate', {
    summary: 'Say whether a port token opens a service and port',
    access: 'token',
    body: Type.Object(
      {
        token: Type.String({maxLength: 255, description: 'the secret'}),
        service: Type.Optional(Type.String({maxLength: 63, description: 'name of the service'})),
        port: Type.Optional(Type.Integer({minimum: 1, maximum: 65_535, description: 'port on the host'})),
      },
      {additionalProperties: false, $id: 'PortTokenValidate'},
    ),
    result: Type.Object({
      valid: Type.Boolean({description: 'whether it opens what was asked'}),
      reason: Type.Optional(Type.String({description: 'why it does not'})),
      token_name: Type.Optional(Type.String({description: 'its name'})),
    }),
  }),
}
