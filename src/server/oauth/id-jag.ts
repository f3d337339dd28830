// Enterprise-managed authorization (SEP-990): the company's identity provider vouches for a person, nobody is asked.
import {createLocalJWKSet, type JWTPayload, jwtVerify} from 'jose'
import type Provider from 'oidc-provider'
import {errors, type KoaContextWithOIDC} from 'oidc-provider'
import type {Config} from '../../core/config.ts'
import type {Accounts} from './accounts.ts'
import type {Storage} from './storage.ts'
import {isLocal, oidcAccount} from './upstreams.ts'

export const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

export interface IdJagOptions {
  issuer: string
  config: Pick<Config, 'OIDC_ISSUER' | 'OIDC_GROUPS_CLAIM' | 'OAUTH_ACCESS_TOKEN_LIFETIME'>
  storage: Storage
  accounts: Accounts
  resourceServer: (uri: string) => {scope: string; audience: string}
}

/** Take identity assertions of OIDC_ISSUER (RFC 7523 §2.1) from clients that an operator registered for it. */
export function acceptIdJag(provider: Provider, options: IdJagOptions): void {
  const handler = async (ctx: KoaContextWithOIDC): Promise<void> => {
    const {client, params} = ctx.oidc
    if (!client || client.tokenEndpointAuthMethod === 'none')
      throw new errors.UnauthorizedClient('this grant is for clients that authenticate')
    const claims = await verified(String(params?.['assertion'] ?? ''), options)
    if (claims['client_id'] !== client.clientId) throw refused('the assertion is for another client')
    const uri = [params?.['resource'] ?? claims['resource']].flat()[0]
    if (typeof uri !== 'string' || (claims['resource'] !== undefined && claims['resource'] !== uri))
      throw new errors.InvalidTarget('the assertion is for another resource')
    const info = options.resourceServer(uri)
    const account = oidcAccount(claims, options.config.OIDC_GROUPS_CLAIM)
    await options.accounts.save(account)
    if (!(await options.accounts.find(account.sub))) throw refused(`${account.username} may not come in`)
    const {values} = options.storage
    const id = `${claims.iss} ${claims.jti}`
    await values.put('Assertion', id, true, (claims.exp ?? 0) - Math.floor(Date.now() / 1000))
    if ((await values.consume('Assertion', id)) !== 'first') throw refused('the assertion was used before')
    const asked = words(params?.['scope'] ?? claims['scope'])
    const known = words(info.scope)
    const scope = (asked.length > 0 ? known.filter(one => asked.includes(one)) : known).join(' ')
    const grant = new provider.Grant({accountId: account.sub, clientId: client.clientId})
    grant.addResourceScope(uri, scope)
    const token = new provider.AccessToken({
      accountId: account.sub,
      client,
      grantId: await grant.save(),
      gty: jwtBearer,
    })
    token.resourceServer = new provider.ResourceServer(uri, info) as never
    token.scope = scope
    const access_token = await token.save()
    ctx.body = {access_token, token_type: 'Bearer', expires_in: token.expiration, scope}
  }
  provider.registerGrantType(jwtBearer, handler, ['assertion', 'scope', 'resource'])
}

/** Throws invalid_grant unless OIDC_ISSUER signed it for us, as what it is, and it has not ended. */
async function verified(assertion: string, {issuer, config}: IdJagOptions): Promise<JWTPayload> {
  const from = config.OIDC_ISSUER ?? ''
  try {
    const {payload} = await jwtVerify(assertion, createLocalJWKSet(await keysOf(from)), {
      issuer: from,
      audience: issuer,
      typ: 'oauth-id-jag+jwt',
      requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id'],
      algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'],
    })
    return payload
  } catch (error) {
    throw refused((error as Error).message)
  }
}

async function keysOf(issuer: string): Promise<Parameters<typeof createLocalJWKSet>[0]> {
  const load = async (url: string): Promise<Record<string, unknown>> => {
    if (!url.startsWith('https:') && !isLocal(new URL(url))) throw new Error(`${url} is not HTTPS`)
    const response = await fetch(url, {redirect: 'error', signal: AbortSignal.timeout(10_000)})
    return (await response.json()) as Record<string, unknown>
  }
  const metadata = await load(`${issuer}/.well-known/openid-configuration`)
  if (metadata['issuer'] !== issuer) throw new Error(`${issuer} says that it is ${metadata['issuer']}`)
  return (await load(String(metadata['jwks_uri']))) as unknown as Parameters<typeof createLocalJWKSet>[0]
}

const refused = (detail: string): Error => new errors.InvalidGrant(detail.slice(0, 500))
const words = (text: unknown): string[] => (typeof text === 'string' ? text.split(/\s+/).filter(Boolean) : [])
