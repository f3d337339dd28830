// The admin token: made at first start, replaced by ADMIN_TOKEN or on request; only its hash is kept.
import {adminName} from '../core/contract/token.ts'
import {Problem} from '../core/problem.ts'
import type {Records, StoredToken} from '../core/store/records.ts'
import {makeSecret, secretHash} from '../core/store/seal.ts'

/** See to it that there is one. Answers its secret when that is new, else undefined. Replicas that start together agree. */
export async function ensureAdminToken(
  {token: tokens}: Pick<Records, 'token'>,
  {given, reset}: {given: string | undefined; reset: boolean},
): Promise<string | undefined> {
  const known = await tokens.get(adminName)
  if (known && !reset && (given === undefined || known.hash === secretHash(given))) return undefined
  const secret = given ?? makeSecret('acm_')
  if (known) {
    await tokens.update(adminName, current => ({
      ...current,
      hash: secretHash(secret),
      updated_at: new Date().toISOString(),
    }))
    return secret
  }
  try {
    await tokens.create(adminName, record(secret))
    return secret
  } catch (error) {
    // Another replica was first; unless it was given another one, its token stands.
    if (!(error instanceof Problem && error.code === 'already-exists')) throw error
    return ensureAdminToken({token: tokens}, {given, reset: false})
  }
}

function record(secret: string): Omit<StoredToken, 'revision'> {
  const now = new Date().toISOString()
  return {
    name: adminName,
    admin: true,
    owner: adminName,
    hash: secretHash(secret),
    created_at: now,
    updated_at: now,
  }
}
