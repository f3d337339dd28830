// Who calls the admin API: the token behind a bearer secret.
import type {FastifyRequest} from 'fastify'
import {Problem} from '../../core/problem.ts'
import {tokenClaim} from '../../core/store/records.ts'
import {secretHash} from '../../core/store/seal.ts'
import type {Caller, Parts} from './call.ts'

/** The caller of a bearer token. Throws token-missing, token-invalid. */
export async function authenticate({records, store}: Parts, request: FastifyRequest): Promise<Caller> {
  const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(/ +/, 2)
  if (scheme.toLowerCase() !== 'bearer' || token === '') {
    throw new Problem('token-missing', 'This call needs a token', {
      headers: {'www-authenticate': 'Bearer realm="mcpx"'},
    })
  }
  const hash = secretHash(token)
  const id = await store.claimant(tokenClaim(hash))
  const record = id === undefined ? undefined : await records.token.get(id.slice('token/'.length))
  if (!record || record.hash !== hash) {
    throw new Problem('token-invalid', 'The token is not known, or was deleted', {
      headers: {'www-authenticate': 'Bearer realm="mcpx", error="invalid_token"'},
    })
  }
  return {name: record.name, admin: record.admin, loopback: request.headers['x-mcpx-loopback'] === '1'}
}
