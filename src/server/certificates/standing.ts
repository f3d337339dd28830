// Whether the CA still stands by a certificate: asked by OCSP, whose answer is stapled, else looked up in its list.
import {splitChain} from '../../core/x509.ts'
import {fetchStaple, Revoked, responderOf, type Staple} from './ocsp.ts'
import {isListed, listOf} from './revocation-list.ts'

/** Without `ocsp` there is nothing to staple. */
export type Standing = Pick<Staple, 'ocsp_next'> & {[K in keyof Staple]: Staple[K] | undefined}

const listedEvery = 12 * 3_600_000

/** Whether its CA can be asked at all. */
export function canBeAsked(chain: string): boolean {
  const [leaf, issuer] = splitChain(chain)
  return leaf !== undefined && issuer !== undefined && (responderOf(leaf) ?? listOf(leaf)) !== undefined
}

/** Throws Revoked, or with the reason when the CA gives no good answer. */
export async function askStanding(chain: string, now: number): Promise<Standing> {
  const staple = await fetchStaple(chain, now)
  if (staple) return staple
  const [leaf = '', issuer = ''] = splitChain(chain)
  const url = listOf(leaf)
  if (url !== undefined && (await isListed(url, leaf, issuer, now))) throw new Revoked()
  return {ocsp: undefined, ocsp_until: undefined, ocsp_next: new Date(now + listedEvery).toISOString()}
}
