// The issuer: what clients know the authorization server by, fixed at first start.
import type {Config} from '../../core/config.ts'
import type {Store} from '../../core/store/store.ts'

/**
 * The issuer: configured, else made from BASE_DOMAIN, else the address on this machine as it was at the first start.
 * `moved` is set when the port of today is another one: clients know the first.
 */
export async function fixIssuer(
  store: Store,
  config: Pick<Config, 'OAUTH_ISSUER' | 'BASE_DOMAIN' | 'HTTP_PORT'>,
  port: number,
): Promise<{issuer: string; moved: boolean}> {
  if (config.OAUTH_ISSUER !== undefined) return {issuer: config.OAUTH_ISSUER, moved: false}
  if (config.BASE_DOMAIN !== undefined) return {issuer: `https://auth.${config.BASE_DOMAIN}`, moved: false}
  const now = new URL(`http://localhost:${port}`).origin
  const issuer = await store.firstStart('issuer', () => now)
  return {issuer, moved: issuer !== now}
}
