// How a path is read, and which route of a table takes it.
import {expect} from 'chai'
import type {Route} from '../../src/core/contract/route.ts'
import {matchPath} from '../../src/core/routing/path.ts'
import {RouteTable} from '../../src/core/routing/table.ts'
import {routeRecord} from '../support/examples.ts'

const table = (...routes: Route[]): RouteTable<Route> => {
  const made = new RouteTable<Route>()
  for (const route of routes) made.add(route)
  return made
}
const find = (routed: RouteTable<Route>, target: string, method = 'GET'): string | undefined =>
  routed.find(matchPath(target), method, () => true)?.route_id

describe('matchPath', () => {
  const spellings: Record<string, string> = {
    '/': '/',
    '/mcp': '/mcp',
    '/mcp/': '/mcp/',
    '/mcp?x=/../y': '/mcp',
    '/mcp#x': '/mcp',
    '//mcp': '/mcp',
    '/a//b///c': '/a/b/c',
    '/./mcp': '/mcp',
    '/a/../mcp': '/mcp',
    '/../../mcp': '/mcp',
    '/mcp/..': '/',
    '/a/mcp/.': '/a/mcp/',
    '/%6dcp': '/mcp',
    '/%6Dcp': '/mcp',
    '/a/%2e%2e/mcp': '/mcp',
    '/a/..;/mcp': '/mcp',
    '/a/..;x=1/.;y/mcp': '/mcp',
    '/a/mcp;v=1': '/a/mcp;v=1',
    '/a/%2E./mcp': '/mcp',
    '/a/.%2e%2fmcp': '/mcp',
    '/a%2f..%2fmcp': '/mcp',
    '/a\\..\\mcp': '/mcp',
    '/a%5c..%5cmcp': '/mcp',
    '/a%2Fb': '/a/b',
    '/sp%20ace': '/sp%20ace',
    '/%c3%bc': '/%C3%BC',
    '/%zz': '/%zz',
    '/%252e%252e/mcp': '/%252e%252e/mcp',
    '/a;b/c': '/a;b/c',
    '/...': '/...',
    '/.well-known/x': '/.well-known/x',
  }
  for (const [sent, read] of Object.entries(spellings)) {
    it(`reads ${sent} as ${read}`, () => expect(matchPath(sent)).to.equal(read))
  }

  it('reads its own result alike', () => {
    for (const read of Object.values(spellings)) expect(matchPath(read)).to.equal(read)
  })
})

describe('RouteTable', () => {
  it('takes a prefix for the path itself and everything below, at segment borders', () => {
    for (const path_pattern of ['/mcp', '/mcp/']) {
      const routed = table(routeRecord('r', {path_pattern}))
      for (const target of ['/mcp', '/mcp/', '/mcp/x', '/mcp/x/y/', '/mcp?q', '/%6dcp/x']) {
        expect(find(routed, target), target).to.equal('r')
      }
      for (const target of ['/', '/mcpx', '/mc', '/x/mcp', '/mcp/../x'])
        expect(find(routed, target), target).to.equal(undefined)
    }
  })

  it('takes an exact path with or without a slash at its end, nothing below', () => {
    const routed = table(routeRecord('r', {path_pattern: '/mcp', is_exact: true}))
    expect([find(routed, '/mcp'), find(routed, '/mcp/'), find(routed, '/mcp?x')]).to.deep.equal([
      'r',
      'r',
      'r',
    ])
    expect(find(routed, '/mcp/x')).to.equal(undefined)
  })

  it('takes a regular expression for the whole path', () => {
    const routed = table(routeRecord('r', {path_pattern: '/v\\d+/.*', is_regex: true}))
    expect([find(routed, '/v1/x'), find(routed, '/v/x'), find(routed, '/a/v1/x')]).to.deep.equal([
      'r',
      undefined,
      undefined,
    ])
  })

  it('matches a regular expression in linear time', () => {
    const routed = table(routeRecord('r', {path_pattern: '/(a+)+b', is_regex: true}))
    const start = performance.now()
    expect(find(routed, `/${'a'.repeat(5000)}`)).to.equal(undefined)
    expect(performance.now() - start).to.be.below(1000)
  })

  it('takes the root as prefix of everything and as exact path of the root alone', () => {
    expect(find(table(routeRecord('r', {path_pattern: '/'})), '/any/thing')).to.equal('r')
    const exact = table(routeRecord('r', {path_pattern: '/', is_exact: true}))
    expect([find(exact, '/'), find(exact, '/x')]).to.deep.equal(['r', undefined])
  })

  it('tries the higher priority first, whatever the kind', () => {
    const routed = table(
      routeRecord('exact', {path_pattern: '/a/b', is_exact: true, priority: 10}),
      routeRecord('prefix', {path_pattern: '/a', priority: 20}),
      routeRecord('regex', {path_pattern: '/a/.*', is_regex: true, priority: 30}),
    )
    expect(find(routed, '/a/b')).to.equal('regex')
    expect(find(routed, '/a')).to.equal('prefix')
  })

  it('prefers, at one priority, exact to prefix, longer to shorter, both to a regular expression', () => {
    const routes = [
      routeRecord('regex', {path_pattern: '/.*', is_regex: true}),
      routeRecord('short', {path_pattern: '/a'}),
      routeRecord('long', {path_pattern: '/a/b'}),
      routeRecord('exact', {path_pattern: '/a/b', is_exact: true}),
    ]
    for (const routed of [table(...routes), table(...routes.toReversed())]) {
      expect(['/a/b', '/a/b/c', '/a/c', '/c'].map(path => find(routed, path))).to.deep.equal([
        'exact',
        'long',
        'short',
        'regex',
      ])
    }
  })

  it('decides by id among equals, never by the order they came in', () => {
    const routes = ['c', 'a', 'b'].map(id => routeRecord(id, {path_pattern: '/x.*', is_regex: true}))
    expect(find(table(...routes), '/xy')).to.equal('a')
    expect(find(table(...routes.toReversed()), '/xy')).to.equal('a')
  })

  it('passes over routes of other methods and those switched off', () => {
    const routed = table(
      routeRecord('off', {path_pattern: '/a', priority: 90, enabled: false}),
      routeRecord('post', {path_pattern: '/a', priority: 80, methods: ['POST', 'PUT']}),
      routeRecord('any', {path_pattern: '/a', methods: ['*']}),
    )
    expect([find(routed, '/a', 'POST'), find(routed, '/a', 'PUT'), find(routed, '/a', 'GET')]).to.deep.equal([
      'post',
      'post',
      'any',
    ])
  })

  it('forgets what is removed', () => {
    const routes = [
      routeRecord('prefix', {path_pattern: '/a/'}),
      routeRecord('exact', {path_pattern: '/a', is_exact: true}),
      routeRecord('regex', {path_pattern: '/a.*', is_regex: true}),
    ]
    const routed = table(...routes)
    for (const route of routes) routed.remove(route)
    expect(find(routed, '/a')).to.equal(undefined)
    expect(routed.empty).to.equal(true)
  })
})
