// The admin token: made at first start, replaced by ADMIN_TOKEN or on request; only its hash is kept.
import {adminName} from '../core/contract/token.ts'
import {Problem} from '../core/problem.ts'
import type {Records, StoredToken} from '../core/store/records.ts'
import {secretHash} from '../core/store/seal.ts'

/**
 * See to it that there is one: `given`, or else `draft`. Answers its secret when nobody was told it yet, else undefined:
 * a draft is kept until then, so that a start that fails midway loses no token. Replicas that start together agree.
 */
export async function ensureAdminToken(
  {token: tokens}: Pick<Records, 'token'>,
  {given, draft, reset}: {given: string | undefined; draft: string; reset: boolean},
): Promise<string | undefined> {
  const known = await tokens.get(adminName)
  if (known?.hash === secretHash(given ?? draft)) return given === undefined ? draft : undefined
  if (known && !reset && given === undefined) return undefined
  const secret = given ?? draft
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
    return ensureAdminToken({token: tokens}, {given, draft, reset: false})
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
