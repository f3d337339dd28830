// instance: a name for one or more upstream URLs that someone runs.
import Type from 'typebox'
import {model, type RecordOf} from '../model.ts'
import {operation, page, paging} from '../operation.ts'
import {name, upstreamUrl} from './fields.ts'

export const instance = model('Instance', 'A name for one or more upstream URLs that someone runs.', {
  key: {name: name('the instance, e.g. `backend`')},
  required: {
    target_url: upstreamUrl('its URL, e.g. `http://10.0.0.5:8080`'),
  },
  optional: {
    more_urls: Type.Array(upstreamUrl('a further URL'), {
      maxItems: 63,
      uniqueItems: true,
      description: 'further URLs of the same program; requests go to the least busy that answers',
    }),
    description: Type.String({maxLength: 1000, description: 'a note for people'}),
  },
})
export type Instance = RecordOf<typeof instance>

const params = Type.Object({name: Type.String({description: 'name of the instance'})})

export const instanceOperations = {
  register: operation('instance.register', 'POST /instances', {
    summary: 'Register an instance',
    access: 'token',
    body: instance.create,
    status: 201,
    result: instance.record,
    problems: ['already-exists', 'name-reserved', 'target-forbidden', 'target-loops'],
  }),
  list: operation('instance.list', 'GET /instances', {
    summary: 'List instances',
    access: 'token',
    query: Type.Object(paging),
    result: page(instance.record),
  }),
  show: operation('instance.show', 'GET /instances/{name}', {
    summary: 'Show an instance',
    access: 'token',
    params,
    result: instance.record,
    problems: ['not-found'],
  }),
  update: operation('instance.update', 'PATCH /instances/{name}', {
    summary: 'Change an instance',
    access: 'token',
    params,
    body: instance.update,
    result: instance.record,
    problems: ['not-found', 'name-reserved', 'revision-mismatch', 'target-forbidden', 'target-loops'],
  }),
  delete: operation('instance.delete', 'DELETE /instances/{name}', {
    summary: 'Delete an instance that no route uses',
    access: 'token',
    params,
    problems: ['not-found', 'name-reserved', 'in-use', 'revision-mismatch'],
  }),
}
