// What real clients send, put into the form that the standards ask for, before the authorization server reads it.
import {canonicalUri, type Protected, resourceMeant} from '../../core/routing/resources.ts'

/** Scopes of OpenID Connect, which every resource takes. */
export const identityScopes = ['openid', 'profile', 'email']

export interface Known {
  /** Every protected resource there is. */
  resources: readonly Protected[]
  /** Host of the request, which says what is meant when nothing else does. */
  host: string
}

const grantTypes = new Set(['authorization_code', 'refresh_token'])
const authMethods = new Set(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'])

/** The resource an authorization without one is for: that of the host asked, else the only one there is. */
function defaultResource({resources, host}: Known): Protected | undefined {
  const here = resources.filter(({proxy_target}) => proxy_target === host)
  if (here.length === 1) return here[0]
  return resources.length === 1 ? resources[0] : undefined
}

function putResources(params: URLSearchParams, resources: readonly Protected[]): void {
  const asked = params.getAll('resource').filter(one => one !== '')
  params.delete('resource')
  const meant = asked.map(one => resourceMeant(resources, one)?.uri ?? one)
  for (const one of new Set(meant)) params.append('resource', one)
}

/** /authorize: variants of a resource become the resource, an absent one the default; likewise scopes. */
export function tolerateAuthorization(params: URLSearchParams, known: Known): void {
  putResources(params, known.resources)
  if (!params.has('resource')) {
    const resource = defaultResource(known)
    if (resource) params.set('resource', resource.uri)
  }
  const uris = params.getAll('resource')
  const scopes = new Set(known.resources.filter(({uri}) => uris.includes(uri)).flatMap(one => one.scopes))
  const asked = words(params.get('scope')).filter(one => scopes.has(one) || identityScopes.includes(one))
  const wanted = asked.some(one => scopes.has(one)) ? asked : [...asked, ...scopes]
  if (wanted.length > 0) params.set('scope', wanted.join(' '))
  // `nonce` and the like belong to OpenID Connect; without its scope they are refused.
  if (!wanted.includes('openid'))
    for (const name of ['nonce', 'max_age', 'id_token_hint', 'claims', 'acr_values']) params.delete(name)
}

/** /token: the resource as it was granted; scopes without what was never granted. */
export function tolerateToken(params: URLSearchParams, known: Known): void {
  putResources(params, known.resources)
  if (params.get('grant_type') === 'client_credentials') return tolerateMachine(params, known)
  const given = params.get('scope')
  if (given === null) return
  const all = new Set([...known.resources.flatMap(one => one.scopes), ...identityScopes])
  const kept = words(given).filter(one => all.has(one))
  if (kept.length > 0) params.set('scope', kept.join(' '))
  else params.delete('scope')
}

/** A client on its own: nothing was granted before, so what it leaves out is as at /authorize. */
function tolerateMachine(params: URLSearchParams, known: Known): void {
  const resource = params.get('resource') ?? defaultResource(known)?.uri
  if (resource === undefined) return
  params.set('resource', resource)
  const scopes = known.resources.find(({uri}) => uri === resource)?.scopes ?? []
  const asked = words(params.get('scope')).filter(one => scopes.includes(one))
  const wanted = asked.length > 0 ? asked : scopes
  if (wanted.length > 0) params.set('scope', wanted.join(' '))
}

/** /register (RFC 7591 §2: the server may replace what was asked for): what we do not have is left out, not refused. */
export function tolerateRegistration(metadata: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(metadata))
    if (value === null || value === '') delete metadata[name]
  const {redirect_uris, grant_types, token_endpoint_auth_method: method} = metadata
  delete metadata['scope']
  delete metadata['response_types']
  const asked = Array.isArray(grant_types) ? grant_types.filter(one => grantTypes.has(one)) : []
  metadata['grant_types'] = asked.includes('authorization_code')
    ? asked
    : ['authorization_code', 'refresh_token']
  if (typeof method === 'string' && !authMethods.has(method)) metadata['token_endpoint_auth_method'] = 'none'
  // The rule for native clients is that of MCP: https anywhere, http on loopback with any port, schemes of their own.
  metadata['application_type'] = 'native'
  if (Array.isArray(redirect_uris)) metadata['redirect_uris'] = [...new Set(redirect_uris)]
}

/** A client metadata document, likewise. */
export function tolerateDocument(document: Record<string, unknown>): void {
  document['token_endpoint_auth_method'] ??= 'none'
  tolerateRegistration(document)
}

const words = (text: string | null): string[] => [...new Set((text ?? '').split(/\s+/).filter(Boolean))]

/** How an unknown or missing resource is explained. */
export function explainResources(resources: readonly Protected[], asked?: string): string {
  const choices = resources
    .slice(0, 10)
    .map(({uri}) => uri)
    .join(', ')
  const what =
    asked === undefined
      ? 'the parameter `resource` is missing'
      : `there is no resource ${canonicalUri(asked) ?? asked.slice(0, 200)}`
  return choices === '' ? `${what}, and nothing is protected here yet` : `${what}; there is ${choices}`
}
