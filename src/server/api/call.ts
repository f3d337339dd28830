// One call of the admin API: who calls, what for, and what handlers are made of.
import type {Readable} from 'node:stream'
import type {Config} from '../../core/config.ts'
import type {Coverage} from '../../core/contract/certificate.ts'
import type {
  OAuthClient,
  OAuthHealth,
  OAuthMetrics,
  OAuthSession,
  OAuthSetup,
  OAuthToken,
  SigningKey,
} from '../../core/contract/oauth.ts'
import type {Protocol} from '../../core/contract/port.ts'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import type {ProbeReport} from '../../core/contract/resource.ts'
import type {LogLine, ProgressEvent, Service, ServiceStats} from '../../core/contract/service.ts'
import type {DemoStatus} from '../../core/contract/system.ts'
import type {Input, Output, Shape} from '../../core/operation.ts'
import {Problem} from '../../core/problem.ts'
import type {ConsoleSessions, Person} from '../../core/store/console-sessions.ts'
import type {Exchanges} from '../../core/store/exchanges.ts'
import type {Records} from '../../core/store/records.ts'
import type {Store} from '../../core/store/store.ts'
import type {Telemetry} from './telemetry.ts'

export interface Caller {
  /** Name of the token. */
  name: string
  admin: boolean
  /** Whether the call came from this machine. */
  loopback: boolean
  /** Who signed in to the web UI by a login elsewhere. */
  person?: Person | undefined
}

export interface Call<S extends Shape> extends Input<S> {
  caller: Caller
  /** Revision of `If-Match`, if one was sent. */
  revision: number | undefined
  /** Aborts when the caller has gone. */
  signal: AbortSignal
}

/** A stream operation yields its events; every other answers once. */
export type Handler<S extends Shape> = S extends {stream: true}
  ? (call: Call<S>) => AsyncIterable<Output<S>> | Promise<AsyncIterable<Output<S>>>
  : (call: Call<S>) => Promise<Output<S>>
export type Handlers<G extends Record<string, Shape>> = {[K in keyof G]: Handler<G[K]>}

/** What the demo does; serve.ts hands it in. */
export interface DemoControl {
  /** With `createService`, its servers are services that this creates. */
  start(createService?: (name: string) => Promise<unknown>): Promise<DemoStatus>
  status(): Promise<DemoStatus>
  remove(removeService: (name: string) => Promise<unknown>): Promise<void>
}

/** What the service manager does; serve.ts hands it in. */
export interface ServiceControl {
  /** Id of the engine of this replica. Throws engine-unavailable. */
  engineId(): Promise<string>
  /** Why a port of the engine's machine cannot be had. */
  portTaken(bind: string, port: number, protocol: Protocol): Promise<string | undefined>
  /** TCP ports of the engine's machine that somebody uses at this address, as far as it tells. */
  portsInUse(bind: string): Promise<ReadonlySet<number>>
  /** Why mcpx cannot itself listen on the ports of the engine's machine; undefined when it can. */
  unguardable(): Promise<string | undefined>
  /** Bring a service to where its record says, if its engine is that of this replica. Throws engine-unavailable. */
  apply(name: string): Promise<void>
  /** A new way of a service begins: what was said of the one before is not told again. */
  begin(name: string): void
  /** Note, before its record goes, that its container has to go. */
  forget(service: Service): Promise<void>
  restart(service: Service): Promise<void>
  progress(name: string, signal: AbortSignal): AsyncIterable<ProgressEvent>
  logs(
    service: Service,
    wish: {lines?: number; since?: string; timestamps?: boolean},
    follow: AbortSignal | undefined,
  ): AsyncIterable<LogLine>
  stats(service: Service): Promise<ServiceStats>
  statsAll(services: readonly Service[]): Promise<{items: ServiceStats[]; unmeasured: string[]}>
  cleanup(deleteVolumes: boolean): Promise<{removed: string[]; volumes: string[]}>
  cpusOf(engine: string): Promise<number | undefined>
  /** Whether an engine is neither that of this replica nor of another one which runs. Throws engine-unavailable. */
  isLost(engine: string): Promise<boolean>
  /** Keep a build context (a tar archive); answers its id. */
  upload(archive: Readable): Promise<string>
  hasUpload(id: string): boolean
}
interface Page<T> {
  items: T[]
  next: string | null
}
interface Paging {
  after?: string | undefined
  limit?: number | undefined
}

/** What the authorization server lets operators do; serve.ts hands it in. */
export interface OAuthControl {
  issuer: string
  listKeys(): Promise<SigningKey[]>
  rotateKey(): Promise<SigningKey>
  /** Throws an Error that says which field is wrong. */
  registerClient(metadata: Record<string, unknown>): Promise<{client_id: string; client_secret?: string}>
  /** As `registerClient`, of one that has its id and secret; what it answers keeps it. */
  prepareClient(metadata: Record<string, unknown> & {client_id: string}): () => Promise<void>
  /** What operators registered, with the secrets. */
  registeredClients(): Promise<Record<string, unknown>[]>
  clients(paging: Paging, activeOnly: boolean): Promise<Page<OAuthClient>>
  client(id: string): Promise<OAuthClient | undefined>
  deleteClient(id: string): Promise<boolean>
  clientTokens(id: string, paging: Paging): Promise<Page<OAuthToken>>
  tokens(paging: Paging, wanted: (token: OAuthToken) => boolean): Promise<Page<OAuthToken>>
  token(jti: string): Promise<OAuthToken | undefined>
  revokeToken(jti: string): Promise<void>
  sessions(paging: Paging, wanted: (session: OAuthSession) => boolean): Promise<Page<OAuthSession>>
  session(id: string): Promise<OAuthSession | undefined>
  revokeSession(session: OAuthSession): Promise<void>
  sessionCount(hostname: string): Promise<number>
  metrics(): Promise<OAuthMetrics>
  health(): Promise<OAuthHealth>
  setup(): Promise<OAuthSetup>
}

/** Signing in to the web UI by a login elsewhere; serve.ts hands it in. */
export interface ConsoleLoginControl {
  /** What each way is called; none where nobody may. */
  ways: Record<string, string>
  /**
   * Where to send a browser, which comes back to `origin` with a link that only works beside `browser`, its secret.
   * Throws login-unknown, login-unreachable.
   */
  begin(way: string, left: {origin: string; browser: string}): Promise<URL>
}

/** What an MCP server was found to be. */
export interface FoundServer {
  versions: string[]
  serverInfo: Record<string, unknown>
  stateful: boolean
  /** Whether it has OAuth of its own. */
  protects: boolean
}

/** Who looks: anybody but an admin reaches the public internet alone, and `own` origins, which lead to mcpx itself. */
interface Looker {
  limited: boolean
  own?: readonly string[]
  /** Aborts when nobody waits for it any more. */
  signal?: AbortSignal
}

/** Looks at MCP servers; serve.ts hands it in. */
export interface Prober {
  /** What is directly at an upstream URL; undefined when it is no MCP server. */
  detect(url: string, looker: Looker): Promise<FoundServer | undefined>
  /** The discovery of a client, step by step, and with a token a call. */
  probe(url: string, token: string | undefined, looker: Looker): Promise<ProbeReport>
}

/** One certificate as health and metrics tell it. */
export interface CertificateHealth {
  cert_name: string
  owner: string
  /** Absent while there is none. */
  expires_at: string | undefined
  /** What went wrong last, while it is not mended. */
  failure: string | undefined
}

/** What the certificate manager does; serve.ts hands it in. */
export interface CertificateControl {
  /** Resolves when the record is newer than `revision` or gone, or `signal` aborts. */
  changed(name: string, revision: number, signal: AbortSignal): Promise<void>
  coverage(proxy: ProxyTarget): Coverage
  /** A certificate that holds for `hostname` and may be shown for records of `owner`. */
  covering(hostname: string, owner: string): string | undefined
  health(): CertificateHealth[]
  /** What the local CA has revoked, in DER. */
  localCrl(): Promise<Buffer>
  localCa(): Promise<{certificate_pem: string; fingerprint: string; expires_at: string}>
  /** Key authorization of an http-01 token (RFC 8555 §8.3). */
  challenge(token: string): Promise<string | undefined>
}

/** A port on which mcpx itself listens. */
export interface OwnListener {
  port: number
  /** What it is, e.g. `its HTTPS port (HTTPS_PORT)`. */
  what: string
}

/** Everything handlers work with. */
export interface Parts {
  config: Config
  store: Store
  records: Records
  exchanges: Exchanges
  telemetry: Telemetry
  consoleSessions: ConsoleSessions
  demo: DemoControl
  services: ServiceControl
  oauth: OAuthControl
  consoleLogins: ConsoleLoginControl
  prober: Prober
  certificates: CertificateControl
  replica: string
  version: string
  /** Public ports of this replica, to tell a target that is mcpx itself. */
  ports: () => number[]
  /** Where this replica listens on its machine, in words for people; TCP. */
  listeners: () => readonly OwnListener[]
  /** How many gateway workers should run. */
  workers: number
}

/** Assigned fields of a new record. */
export function assigned(caller: Caller): {owner: string; created_at: string; updated_at: string} {
  const now = new Date().toISOString()
  return {owner: caller.name, created_at: now, updated_at: now}
}

/** The owner a list is limited to: every token sees its own, admin all. */
export const visibleOwner = (caller: Caller): string | undefined => (caller.admin ? undefined : caller.name)

/** Throws not-found for what the caller may not see: another owner's record looks as if it did not exist. */
export function owned<R extends {owner: string}>(
  caller: Caller,
  noun: string,
  key: string,
  record: R | undefined,
): R {
  if (!record || !(caller.admin || record.owner === caller.name))
    throw new Problem('not-found', `There is no ${noun} ${key}`)
  return record
}

/** Merge an update into a record: absent stays, `null` removes (RFC 7396, one level). */
export function merge<R extends object>(record: R, update: object): R & {updated_at: string} {
  const next = {...record} as Record<string, unknown>
  for (const [field, value] of Object.entries(update)) {
    if (value === null) delete next[field]
    else if (value !== undefined) next[field] = value
  }
  return {...(next as R), updated_at: new Date().toISOString()}
}
