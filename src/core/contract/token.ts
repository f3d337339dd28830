// token: a bearer secret for the admin API; only its hash is kept.
import Type from 'typebox'
import {model, type RecordOf} from '../model.ts'
import {operation, page, paging} from '../operation.ts'
import {name} from './fields.ts'

/** Name of the admin token, which owns what the operator creates. */
export const adminName = 'ADMIN'

export const token = model('Token', 'A bearer secret for the admin API; only its hash is kept.', {
  key: {name: name('the token, e.g. `ci`')},
  optional: {
    cert_email: Type.String({
      format: 'email',
      description: 'e-mail address for certificates made with this token',
    }),
  },
  assigned: {
    admin: Type.Boolean({readOnly: true, description: 'whether it may do everything'}),
  },
})
export type Token = RecordOf<typeof token>

const params = Type.Object({name: Type.String({description: 'name of the token'})})
const secret = Type.Object({
  token: Type.String({description: 'the secret (`acm_…`), shown this once'}),
  record: token.record,
})

export const tokenOperations = {
  create: operation('token.create', 'POST /tokens', {
    summary: 'Create a token; its secret is shown once',
    access: 'admin',
    body: token.create,
    status: 201,
    result: secret,
    problems: ['already-exists', 'name-reserved'],
  }),
  list: operation('token.list', 'GET /tokens', {
    summary: 'List tokens',
    access: 'token',
    query: Type.Object(paging),
    result: page(token.record),
  }),
  info: operation('token.info', 'GET /tokens/info', {
    summary: 'Show the token of this call',
    access: 'token',
    result: token.record,
  }),
  email: operation('token.email', 'PUT /tokens/email', {
    summary: 'Set the certificate e-mail of the token of this call',
    access: 'token',
    body: Type.Object(
      {cert_email: Type.String({format: 'email', description: 'e-mail address for certificates'})},
      {additionalProperties: false},
    ),
    result: token.record,
  }),
  show: operation('token.show', 'GET /tokens/{name}', {
    summary: 'Show a token (never its secret)',
    access: 'token',
    params,
    result: token.record,
    problems: ['not-found'],
  }),
  update: operation('token.update', 'PATCH /tokens/{name}', {
    summary: 'Change a token',
    access: 'token',
    params,
    body: token.update,
    result: token.record,
    problems: ['not-found', 'revision-mismatch'],
  }),
  delete: operation('token.delete', 'DELETE /tokens/{name}', {
    summary: 'Delete a token; with `cascade` also everything it owns',
    access: 'admin',
    params,
    query: Type.Object({
      cascade: Type.Optional(Type.Boolean({default: false, description: 'delete what it owns as well'})),
    }),
    result: Type.Object({
      removed: Type.Array(Type.String(), {description: 'what was deleted, as `noun/key`'}),
    }),
    problems: ['not-found', 'in-use', 'name-reserved'],
  }),
  certificates: operation('token.certificates', 'GET /tokens/{name}/certificates', {
    summary: 'List the names of the certificates a token owns',
    access: 'token',
    params,
    query: Type.Object(paging),
    result: page(Type.String()),
    problems: ['not-found'],
  }),
  proxies: operation('token.proxies', 'GET /tokens/{name}/proxies', {
    summary: 'List the hostnames of the proxies a token owns',
    access: 'token',
    params,
    query: Type.Object(paging),
    result: page(Type.String()),
    problems: ['not-found'],
  }),
}
