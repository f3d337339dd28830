// What the gateway knows: the records it routes by, in memory, kept current by the change feed.
import type {Instance} from '../contract/instance.ts'
import type {ProxyTarget} from '../contract/proxy.ts'
import type {Route} from '../contract/route.ts'
import type {Service} from '../contract/service.ts'
import {collect, type Follower, reread, set} from '../store/feed.ts'
import type {Records, TlsMaterial} from '../store/records.ts'
import {CertificateIndex} from './certificates.ts'
import {Protection} from './protection.ts'
import {RouteTable} from './table.ts'

/** Records are never changed in place: an exchange keeps those it began with. */
export class Snapshot implements Follower {
  /** Newest change in it. */
  revision = 0
  proxies = new Map<string, ProxyTarget>()
  instances = new Map<string, Instance>()
  services = new Map<string, Service>()
  routes = new Map<string, Route>()
  readonly certificates = new CertificateIndex()
  tls = new Map<string, TlsMaterial>()
  readonly #byHost = new Map<string, RouteTable<Route>>()
  readonly #byOwner = new Map<string, RouteTable<Route>>()
  /** What protecting requests needs. */
  readonly protection: Protection
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
    this.protection = new Protection(records)
  }

  /** The route tables that hold for a host, those of the host itself first. */
  tables(host: string, owner: string | undefined): RouteTable<Route>[] {
    const found = [
      this.#byHost.get(host),
      owner === undefined ? undefined : this.#byOwner.get(owner),
      this.#byHost.get('*'),
    ]
    return found.filter(table => table !== undefined)
  }

  async load(revision: number): Promise<void> {
    const [proxies, instances, services, routes, certificates, tls] = await Promise.all([
      collect(this.#records.proxy),
      collect(this.#records.instance),
      collect(this.#records.service),
      collect(this.#records.route),
      collect(this.#records.certificate),
      collect(this.#records.tls),
      this.protection.load(),
    ])
    this.proxies = proxies
    this.instances = instances
    this.services = services
    this.routes = new Map()
    this.#byHost.clear()
    this.#byOwner.clear()
    for (const [id, route] of routes) this.#setRoute(id, route)
    this.certificates.clear()
    for (const [name, certificate] of certificates) this.certificates.set(name, certificate)
    this.tls = tls
    this.#loaded(revision)
  }

  async reread(changed: Map<string, Set<string>>, revision: number): Promise<void> {
    const [proxies, instances, services, routes, certificates, tls] = await Promise.all([
      reread(this.#records.proxy, changed),
      reread(this.#records.instance, changed),
      reread(this.#records.service, changed),
      reread(this.#records.route, changed),
      reread(this.#records.certificate, changed),
      reread(this.#records.tls, changed),
      this.protection.reread(changed),
    ])
    for (const [key, record] of proxies) set(this.proxies, key, record)
    for (const [key, record] of instances) set(this.instances, key, record)
    for (const [key, record] of services) set(this.services, key, record)
    for (const [key, record] of routes) this.#setRoute(key, record)
    for (const [key, record] of certificates) this.certificates.set(key, record)
    for (const [key, record] of tls) set(this.tls, key, record)
    this.#loaded(revision)
  }

  /** Called after every change; listeners build anew what they made of the old records. */
  onChange: () => void = () => {}

  #loaded(revision: number): void {
    this.revision = revision
    this.onChange()
  }

  #setRoute(id: string, route: Route | undefined): void {
    const old = this.routes.get(id)
    if (old) for (const [map, scope] of this.#scopes(old)) remove(map, scope, old)
    set(this.routes, id, route)
    if (route) for (const [map, scope] of this.#scopes(route)) add(map, scope, route)
  }

  #scopes(route: Route): [Map<string, RouteTable<Route>>, string][] {
    return route.hosts ? route.hosts.map(host => [this.#byHost, host]) : [[this.#byOwner, route.owner]]
  }
}

function add(map: Map<string, RouteTable<Route>>, scope: string, route: Route): void {
  const table = map.get(scope) ?? new RouteTable<Route>()
  table.add(route)
  map.set(scope, table)
}

function remove(map: Map<string, RouteTable<Route>>, scope: string, route: Route): void {
  const table = map.get(scope)
  table?.remove(route)
  if (table?.empty) map.delete(scope)
}
