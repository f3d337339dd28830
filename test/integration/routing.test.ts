// Which proxy and route serve a request, over snapshots loaded from Redis.
import {expect} from 'chai'
import type {ProxyTarget} from '../../src/core/contract/proxy.ts'
import type {Route} from '../../src/core/contract/route.ts'
import {type Asked, type Match, match, type Places} from '../../src/core/routing/match.ts'
import {Snapshot} from '../../src/core/routing/snapshot.ts'
import {instanceRecord, proxyRecord, routeRecord} from '../support/examples.ts'
import {openTestStore, type TestStore} from '../support/redis.ts'

describe('match', () => {
  const opened: TestStore[] = []
  after(async () => {
    for (const test of opened) await test.close()
  })

  async function snapshotOf(proxies: ProxyTarget[], routes: Route[]): Promise<Snapshot> {
    const test = await openTestStore()
    opened.push(test)
    await test.records.instance.create('a', instanceRecord('a'))
    for (const proxy of proxies) await test.records.proxy.create(proxy.hostname, proxy)
    for (const route of routes) await test.records.route.create(route.route_id, route)
    const snapshot = new Snapshot(test.records)
    await snapshot.load(1)
    return snapshot
  }
  const ask = (host: string, target = '/', more: Partial<Asked> = {}): Asked => ({
    host,
    target,
    method: 'GET',
    loopback: false,
    ...more,
  })
  const local: Places = {baseDomain: undefined}
  const served: Places = {baseDomain: 'base.test'}
  const codeOf = (run: () => Match): string | undefined => {
    try {
      run()
      return undefined
    } catch (error) {
      return (error as {code: string}).code
    }
  }
  const proxy = proxyRecord('a.test', {target_url: 'http://127.0.0.1:1', owner: 'alice'})
  const bare = proxyRecord('bare.test', {owner: 'alice'})

  it('answers only for hosts that have a proxy which is on', async () => {
    const off = proxyRecord('off.test', {enabled: false})
    const snapshot = await snapshotOf([proxy, off], [])
    expect(codeOf(() => match(snapshot, ask('b.test'), served))).to.equal('host-unknown')
    expect(codeOf(() => match(snapshot, ask('off.test'), served))).to.equal('host-disabled')
    expect(match(snapshot, ask('a.test'), served)).to.deep.equal({proxy: snapshot.proxies.get('a.test')})
  })

  it('falls back to the target of the proxy, and to no-route without one', async () => {
    const snapshot = await snapshotOf(
      [proxy, bare],
      [routeRecord('r', {path_pattern: '/mcp', owner: 'alice'})],
    )
    expect(match(snapshot, ask('a.test', '/mcp'), served).route?.route_id).to.equal('r')
    expect(match(snapshot, ask('a.test', '/x'), served).route).to.equal(undefined)
    expect(codeOf(() => match(snapshot, ask('bare.test', '/x'), served))).to.equal('no-route')
  })

  it('keeps a route without hosts to the proxies of its owner', async () => {
    const snapshot = await snapshotOf(
      [bare, proxyRecord('bob.test', {owner: 'bob'})],
      [routeRecord('alice', {owner: 'alice'}), routeRecord('bob', {owner: 'bob'})],
    )
    expect(match(snapshot, ask('bare.test'), served).route?.route_id).to.equal('alice')
    expect(match(snapshot, ask('bob.test'), served).route?.route_id).to.equal('bob')
  })

  it('keeps a route with hosts to these; `*` is every proxy', async () => {
    const snapshot = await snapshotOf(
      [bare, proxyRecord('other.test', {owner: 'alice'})],
      [
        routeRecord('here', {hosts: ['bare.test'], path_pattern: '/here', owner: 'alice'}),
        routeRecord('all', {hosts: ['*'], path_pattern: '/all'}),
      ],
    )
    expect(match(snapshot, ask('bare.test', '/here'), served).route?.route_id).to.equal('here')
    expect(codeOf(() => match(snapshot, ask('other.test', '/here'), served))).to.equal('no-route')
    expect(match(snapshot, ask('other.test', '/all'), served).route?.route_id).to.equal('all')
  })

  it('applies a route to the proxies of its owner alone, whoever had the hostname before; those of admins to all', async () => {
    const hosts = ['bob.test']
    const snapshot = await snapshotOf(
      [proxyRecord('bob.test', {owner: 'bob'})],
      [
        routeRecord('before', {hosts, path_pattern: '/login', owner: 'alice'}),
        routeRecord('admin', {hosts, path_pattern: '/admin'}),
      ],
    )
    expect(codeOf(() => match(snapshot, ask('bob.test', '/login'), served))).to.equal('no-route')
    expect(match(snapshot, ask('bob.test', '/admin'), served).route?.route_id).to.equal('admin')
  })

  it('lets priority decide across scopes, and the nearer scope among equals', async () => {
    const routes = [
      routeRecord('z-host', {hosts: ['bare.test'], path_pattern: '/x', owner: 'alice'}),
      routeRecord('owner', {path_pattern: '/x', owner: 'alice'}),
      routeRecord('a-all', {hosts: ['*'], path_pattern: '/x'}),
      routeRecord('high', {hosts: ['*'], path_pattern: '/x/y', priority: 60}),
    ]
    const snapshot = await snapshotOf([bare], routes)
    expect(match(snapshot, ask('bare.test', '/x'), served).route?.route_id).to.equal('z-host')
    expect(match(snapshot, ask('bare.test', '/x/y'), served).route?.route_id).to.equal('high')
  })

  it('applies what the route mode of the proxy says', async () => {
    const routes = [routeRecord('one', {owner: 'alice'}), routeRecord('two', {owner: 'alice', priority: 40})]
    const servedBy = async (fields: Partial<ProxyTarget>): Promise<string | undefined> =>
      match(await snapshotOf([{...proxy, ...fields}], routes), ask('a.test'), served).route?.route_id
    expect(await servedBy({})).to.equal('one')
    expect(await servedBy({disabled_routes: ['one']})).to.equal('two')
    expect(await servedBy({route_mode: 'selective', enabled_routes: ['two']})).to.equal('two')
    expect(await servedBy({route_mode: 'selective'})).to.equal(undefined)
    expect(await servedBy({route_mode: 'none'})).to.equal(undefined)
  })

  it('keeps console and API on BASE_DOMAIN, and on loopback names for loopback peers', async () => {
    const snapshot = await snapshotOf([proxyRecord('127.0.0.1', {target_url: 'http://127.0.0.1:1'})], [])
    const part = (asked: Asked, places: Places) => match(snapshot, asked, places).builtin?.builtin
    expect(part(ask('base.test', '/api/v1/routes'), served)).to.equal('api')
    expect(part(ask('base.test', '/api/v1'), served)).to.equal('api')
    expect(part(ask('base.test', '/api/v1x'), served)).to.equal('console')
    expect(part(ask('base.test'), served)).to.equal('console')
    expect(part(ask('127.0.0.1', '/', {loopback: true}), served)).to.equal('console')
    expect(codeOf(() => match(snapshot, ask('localhost'), served))).to.equal('host-unknown')
  })

  it('keeps the console of local mode on `localhost` alone, for loopback peers', async () => {
    const snapshot = await snapshotOf([proxyRecord('127.0.0.1', {target_url: 'http://127.0.0.1:1'})], [])
    const near = {loopback: true}
    expect(match(snapshot, ask('localhost', '/', near), local).builtin?.builtin).to.equal('console')
    expect(match(snapshot, ask('127.0.0.1', '/', near), local).proxy?.hostname).to.equal('127.0.0.1')
    expect(codeOf(() => match(snapshot, ask('localhost'), local))).to.equal('host-unknown')
    expect(codeOf(() => match(snapshot, ask('app.localhost', '/', near), local))).to.equal('host-unknown')
  })

  it('lets no route take a built-in path of the console, but a host it names may have others', async () => {
    const routes = [
      routeRecord('all', {hosts: ['*'], path_pattern: '/', priority: 999}),
      routeRecord('api', {hosts: ['base.test'], path_pattern: '/api/v1/x', priority: 89}),
      routeRecord('app', {hosts: ['base.test'], path_pattern: '/app'}),
    ]
    const snapshot = await snapshotOf([], routes)
    expect(match(snapshot, ask('base.test', '/api/v1/x'), served).builtin?.builtin).to.equal('api')
    expect(match(snapshot, ask('base.test', '/'), served).builtin?.builtin).to.equal('console')
    expect(match(snapshot, ask('base.test', '/app/x'), served).route?.route_id).to.equal('app')
  })
})
