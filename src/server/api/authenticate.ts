// Who calls the admin API: the token behind a bearer secret, or behind a session of the web UI.
import type {FastifyRequest} from 'fastify'
import {Problem} from '../../core/problem.ts'
import type {SignedIn} from '../../core/store/console-sessions.ts'
import {type StoredToken, tokenClaim} from '../../core/store/records.ts'
import {secretHash} from '../../core/store/seal.ts'
import type {Caller, Parts} from './call.ts'
import {proofHeader, requireSameOrigin, sessionCookie} from './own-origin.ts'

const challenge = {'www-authenticate': 'Bearer realm="mcpx"'}
const refused = {'www-authenticate': 'Bearer realm="mcpx", error="invalid_token"'}

/** The caller of a bearer token or of a session. Throws token-missing, token-invalid, origin-forbidden. */
export async function authenticate(parts: Parts, request: FastifyRequest, isUse = true): Promise<Caller> {
  const loopback = request.headers['x-mcpx-loopback'] === '1'
  if (request.headers.authorization === undefined && sessionCookie(request) !== undefined)
    return {...(await bySession(parts, request, isUse)), loopback}
  const {name, admin} = await byBearer(parts, request.headers.authorization ?? '')
  return {name, admin, loopback}
}

/** Whether who began a call may go on with it: a session or a token can end meanwhile. */
export async function mayGoOn(parts: Parts, request: FastifyRequest): Promise<boolean> {
  try {
    await authenticate(parts, request, false)
    return true
  } catch (error) {
    return !(error instanceof Problem && error.status === 401)
  }
}

async function byBearer(parts: Parts, authorization: string): Promise<StoredToken> {
  const [scheme = '', token = ''] = authorization.split(/ +/, 2)
  if (scheme.toLowerCase() !== 'bearer' || token === '')
    throw new Problem('token-missing', 'This call needs a token', {headers: challenge})
  return tokenOf(parts, token)
}

/** The record of a secret. Throws token-invalid. */
export async function tokenOf({records, store}: Parts, secret: string): Promise<StoredToken> {
  const hash = secretHash(secret)
  const id = await store.claimant(tokenClaim(hash))
  const record = id === undefined ? undefined : await records.token.get(id.slice('token/'.length))
  if (record?.hash === hash) return record
  throw new Problem('token-invalid', 'The token is not known, or was deleted', {headers: refused})
}

/** The record of a token that signed in, unless it was replaced since, or the person may no more. */
export async function stillKnown(
  {records, config}: Parts,
  {name, hash, person}: SignedIn,
): Promise<StoredToken | undefined> {
  if (person && !config.CONSOLE_ADMINS.includes(person.entry)) return undefined
  const record = await records.token.get(name)
  return record?.hash === hash ? record : undefined
}

/** A cookie counts only together with its header, which no other site and no other port can send. */
async function bySession(
  parts: Parts,
  request: FastifyRequest,
  isUse: boolean,
): Promise<Omit<Caller, 'loopback'>> {
  requireSameOrigin(request)
  const proof = request.headers[proofHeader]
  if (typeof proof !== 'string' || proof === '') {
    throw new Problem('token-missing', `A session needs the header \`${proofHeader}\` beside its cookie`, {
      hint: 'call with `Authorization: Bearer <token>` instead',
      headers: challenge,
    })
  }
  const signedIn = await parts.consoleSessions.find(sessionCookie(request) ?? '', proof, isUse)
  const record = signedIn && (await stillKnown(parts, signedIn))
  if (record) return {name: record.name, admin: record.admin, person: signedIn.person}
  throw new Problem('token-invalid', 'The session has ended', {hint: 'sign in again', headers: refused})
}
