// proxy key: a static bearer secret that opens one proxy for a machine, beside OAuth; only its hash is kept.
import Type from 'typebox'
import {model, type RecordOf} from '../model.ts'
import {operation, page, paging} from '../operation.ts'
import {name} from './fields.ts'

export const proxyKey = model(
  'ProxyKey',
  'A static bearer secret that opens one proxy for a machine, beside OAuth.',
  {
    key: {name: name('the key, e.g. `backup-job`')},
    assigned: {hostname: Type.String({readOnly: true, description: 'the proxy it opens'})},
    optional: {
      expires_at: Type.String({format: 'date-time', description: 'when it stops working; without it never'}),
      description: Type.String({maxLength: 1000, description: 'a note for people'}),
    },
  },
)
export type ProxyKey = RecordOf<typeof proxyKey>

const hostname = Type.String({description: 'hostname of the proxy'})

export const keyOperations = {
  create: operation('proxy.key.create', 'POST /proxy/targets/{hostname}/keys', {
    summary: 'Create a key for a machine; its secret is shown once',
    access: 'token',
    params: Type.Object({hostname}),
    body: proxyKey.create,
    status: 201,
    result: Type.Object({
      key: Type.String({description: 'the secret (`mpk_…`), shown this once'}),
      record: proxyKey.record,
    }),
    problems: ['not-found', 'already-exists'],
  }),
  list: operation('proxy.key.list', 'GET /proxy/targets/{hostname}/keys', {
    summary: 'List the keys of a proxy',
    access: 'token',
    params: Type.Object({hostname}),
    query: Type.Object(paging),
    result: page(proxyKey.record),
    problems: ['not-found'],
  }),
  revoke: operation('proxy.key.revoke', 'DELETE /proxy/targets/{hostname}/keys/{name}', {
    summary: 'Revoke a key',
    access: 'token',
    params: Type.Object({hostname, name: Type.String({description: 'name of the key'})}),
    problems: ['not-found'],
  }),
}
