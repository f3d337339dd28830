// The collections of mcpx, one a noun, with what each claims and refers to.
import type {Certificate} from '../contract/certificate.ts'
import {type Instance, instance} from '../contract/instance.ts'
import type {ProxyKey} from '../contract/key.ts'
import type {Protocol} from '../contract/port.ts'
import type {PortToken} from '../contract/port-token.ts'
import {type ProxyTarget, proxyTarget} from '../contract/proxy.ts'
import type {Resource} from '../contract/resource.ts'
import type {Route} from '../contract/route.ts'
import {type Service, service} from '../contract/service.ts'
import type {Token} from '../contract/token.ts'
import {trimmed} from '../routing/path.ts'
import {Collection} from './collection.ts'
import {Revocations} from './revocations.ts'
import type {Store} from './store.ts'

/** A token as it is kept: with the hash of its secret, which never leaves. */
export type StoredToken = Token & {hash: string}

export type StoredPortToken = PortToken & {hash: string; by_admin: boolean}

/** A replica, as far as others need to know it. */
export interface Replica {
  replica: string
  /** Id of the container engine it manages. */
  engine: string
  owner: string
  revision: number
}
/** A proxy key as it is kept. */
export type StoredKey = ProxyKey & {hash: string}

/** A key that signs access tokens; `private_jwk` is sealed. */
export interface StoredSigningKey {
  kid: string
  alg: 'RS256' | 'ES256'
  public_jwk: Record<string, unknown>
  private_jwk: Record<string, unknown>
  owner: string
  created_at: string
  updated_at: string
  revision: number
  retired_at?: string
  /** Until when tokens signed with it may hold. */
  published_until?: string
}

/** A certificate as it is kept: with its private key, which leaves by an admin's export alone. */
export type StoredCertificate = Certificate & {
  private_key_pem?: string
  /** Key of the certificate that is being issued. */
  next_private_key_pem?: string
  /** Directory of the production CA that a staging certificate is to come from; gone once that is done or refused. */
  promote_to?: string
  /** OCSP response (RFC 6960) in DER, base64. */
  ocsp?: string
  /** Until when it holds (RFC 3339). */
  ocsp_until?: string
  /** When the CA is asked for the next (RFC 3339). */
  ocsp_next?: string
}

/** TLS material that is no certificate of anybody; shared by all replicas. Keys: `ca`, `fallback`, `tickets`, `alpn:<domain>`. */
export interface TlsMaterial {
  owner: string
  revision: number
  certificate_pem: string
  /** Private key in PEM; of `tickets` the 48 bytes of the session ticket keys in base64. */
  secret: string
  /** When it was made (RFC 3339). */
  created_at: string
}

/** An account at a CA, one a directory and e-mail address. */
export interface AcmeAccount {
  owner: string
  revision: number
  directory: string
  email: string
  /** Private key in PEM. */
  key: string
  url?: string
}

export interface Records {
  token: Collection<StoredToken>
  proxy: Collection<ProxyTarget>
  route: Collection<Route>
  instance: Collection<Instance>
  service: Collection<Service>
  portToken: Collection<StoredPortToken>
  replica: Collection<Replica>
  resource: Collection<Resource>
  key: Collection<StoredKey>
  signingKey: Collection<StoredSigningKey>
  revocations: Revocations
  certificate: Collection<StoredCertificate>
  tls: Collection<TlsMaterial>
  account: Collection<AcmeAccount>
}

export const keyClaim = (hash: string): string => `key:${hash}`
export const keyId = (hostname: string, name: string): string => `${hostname}/${name}`

export const tokenClaim = (hash: string): string => `token:${hash}`

export const portTokenClaim = (hash: string): string => `port-token:${hash}`

export function openRecords(store: Store): Records {
  return {
    token: new Collection<StoredToken>(store, 'token', {claims: ({hash}) => [tokenClaim(hash)]}),
    proxy: new Collection<ProxyTarget>(store, 'proxy', {sealed: proxyTarget.sealed, refs: proxyRefs}),
    route: new Collection<Route>(store, 'route', {claims: routeClaims, refs: routeRefs}),
    instance: new Collection<Instance>(store, 'instance', {sealed: instance.sealed}),
    service: new Collection<Service>(store, 'service', {sealed: service.sealed, claims: serviceClaims}),
    portToken: new Collection<StoredPortToken>(store, 'port-token', {
      claims: ({hash}) => [portTokenClaim(hash)],
    }),
    replica: new Collection<Replica>(store, 'replica'),
    resource: new Collection<Resource>(store, 'resource', {
      refs: ({proxy_target}) => [`proxy/${proxy_target}`],
    }),
    key: new Collection<StoredKey>(store, 'key', {claims: ({hash}) => [keyClaim(hash)]}),
    signingKey: new Collection<StoredSigningKey>(store, 'signing_key', {sealed: ['private_jwk']}),
    revocations: new Revocations(store),
    certificate: new Collection<StoredCertificate>(store, 'certificate', {
      sealed: ['private_key_pem', 'next_private_key_pem'],
    }),
    tls: new Collection<TlsMaterial>(store, 'tls', {sealed: ['secret']}),
    account: new Collection<AcmeAccount>(store, 'account', {sealed: ['key']}),
  }
}

/** One host port of one engine. Whatever the address: a port on every address takes it on each. */
export const portClaim = (engine: string, protocol: Protocol, host: number): string =>
  `port:${engine}:${protocol}:${host}`

function serviceClaims({engine, port_configs}: Service): string[] {
  return port_configs.flatMap(({host, protocol = 'tcp'}) =>
    host === undefined ? [] : [portClaim(engine, protocol, host)],
  )
}

type Place = Pick<Route, 'path_pattern' | 'is_regex' | 'is_exact' | 'priority'>

/** The place of a route among those of `owner` on `host`; without a host on all proxies of the owner. */
export function routeClaim(route: Place, owner: string, host = ''): string {
  const kind = route.is_regex ? 'regex' : route.is_exact ? 'exact' : 'prefix'
  const path = route.is_regex ? route.path_pattern : trimmed(route.path_pattern)
  return `route:${owner}:${host}:${route.priority}:${kind}:${path}`
}

/** By owner: the routes of whoever had a hostname before apply no more, and must not stand in the way. */
const routeClaims = (route: Route): string[] =>
  (route.hosts ?? ['']).map(host => routeClaim(route, route.owner, host))

const proxyRefs = ({certificate}: ProxyTarget): string[] =>
  certificate === undefined ? [] : [`certificate/${certificate}`]

function routeRefs(route: Route): string[] {
  switch (route.target_type) {
    case 'instance':
      return [`instance/${route.target_value}`]
    case 'service':
      return [`service/${route.target_value}`]
    case 'hostname':
      return [`proxy/${route.target_value}`]
    default:
      return []
  }
}
