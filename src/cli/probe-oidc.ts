// Whether an OpenID Connect provider can be logged in with, as far as it tells before somebody does.
import {type Finding, failure, ok, patience, reasonOf, warning} from './finding.ts'

interface Metadata {
  issuer?: string
  authorization_endpoint?: string
  token_endpoint?: string
  token_endpoint_auth_methods_supported?: string[]
}

/** OpenID Connect Discovery 1.0 §4. Throws what fetch throws. */
async function metadataOf(issuer: string): Promise<Metadata | number> {
  const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await fetch(place, {signal: AbortSignal.timeout(patience)})
  return response.ok ? ((await response.json()) as Metadata) : response.status
}

export async function probeOidc(issuer: string): Promise<Finding> {
  const remedy =
    'copy the issuer URL from the provider; it is what comes before /.well-known/openid-configuration'
  try {
    const found = await metadataOf(issuer)
    if (typeof found === 'number')
      return failure(`${issuer} answers ${found} instead of its metadata`, remedy)
    if (found.issuer !== issuer) return failure(`the metadata there is of ${found.issuer}`, remedy)
    return ok(`${issuer} tells its metadata`)
  } catch (error) {
    return failure(`${issuer} cannot be asked: ${reasonOf(error)}`, remedy)
  }
}

/** Whether it knows a client: a code that cannot be is refused for what it is (`invalid_grant`), not for the client. */
export async function probeOidcClient(
  issuer: string,
  {id, secret, redirectUri}: {id: string; secret: string; redirectUri: string},
): Promise<Finding> {
  const later = 'log in once mcpx runs: that shows whether they are right'
  try {
    const found = await metadataOf(issuer)
    if (typeof found === 'number' || found.token_endpoint === undefined)
      return warning('the provider does not tell where tokens are issued', later)
    const methods = found.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const basic = [id, secret].map(encodeURIComponent).join(':')
    const inHeader = methods.includes('client_secret_basic')
    const response = await fetch(found.token_endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        ...(inHeader && {authorization: `Basic ${Buffer.from(basic).toString('base64')}`}),
      },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: 'mcpx-init',
        redirect_uri: redirectUri,
        ...(!inHeader && {client_id: id, client_secret: secret}),
      }),
      signal: AbortSignal.timeout(patience),
    })
    const {error} = (await response.json()) as {error?: string}
    if (error === 'invalid_grant') return ok('the provider accepts the client id and secret')
    const refused = error === 'invalid_client' || error === 'unauthorized_client'
    if (refused)
      return failure(`the provider refuses them: ${error}`, 'copy both from the application at the provider')
    return warning(`the provider answers ${error ?? response.status}`, later)
  } catch (error) {
    return warning(`the provider cannot be asked: ${reasonOf(error)}`, later)
  }
}
