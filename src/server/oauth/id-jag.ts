// Enterprise-managed authorization (SEP-990): the company's identity provider vouches for a person, nobody is asked.
import {type JWTPayload, jwtVerify} from 'jose'
import type Provider from 'oidc-provider'
import {errors, type KoaContextWithOIDC} from 'oidc-provider'
import type {Config} from '../../core/config.ts'
import type {Accounts} from './accounts.ts'
import type {IssuerKeys} from './issuer-keys.ts'
import type {Storage} from './storage.ts'
import {oidcAccount} from './upstreams.ts'

export const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

export interface IdJagOptions {
  issuer: string
  config: Pick<Config, 'OIDC_ISSUER' | 'OIDC_GROUPS_CLAIM' | 'OAUTH_ACCESS_TOKEN_LIFETIME'>
  storage: Storage
  accounts: Accounts
  /** Keys of OIDC_ISSUER. */
  issuerKeys: IssuerKeys
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
async function verified(assertion: string, {issuer, config, issuerKeys}: IdJagOptions): Promise<JWTPayload> {
  const from = config.OIDC_ISSUER ?? ''
  try {
    const {payload} = await jwtVerify(assertion, await issuerKeys.get(), {
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

const refused = (detail: string): Error => new errors.InvalidGrant(detail.slice(0, 500))
const words = (text: unknown): string[] => (typeof text === 'string' ? text.split(/\s+/).filter(Boolean) : [])
