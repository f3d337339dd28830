// Administration over the API: protection, MCP, keys, resources, clients, sessions, with ownership and real figures.
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {expect} from 'chai'
import {probe} from '../../../src/server/oauth/probe.ts'
import {type Caller, startApi, type TestApi} from '../../support/api.ts'
import {proxyRecord} from '../../support/examples.ts'
import {type McpServerProcess, startEchoStateful} from '../../support/mcp-servers.ts'

const portOf = (server: Server): number => (server.address() as AddressInfo).port
const origin = 'http://app.localhost:8080'
const target = '/api/v1/proxy/targets/app.localhost'

describe('administration of protection and OAuth', () => {
  let api: TestApi
  let admin: Caller
  let echo: McpServerProcess
  before(async () => {
    echo = await startEchoStateful()
  })
  after(() => echo.stop())
  beforeEach(async () => {
    api = await startApi()
    admin = api.admin
    const body = {hostname: 'app.localhost', target_url: new URL(echo.url).origin}
    expect((await admin('POST', '/api/v1/proxy/targets', body)).status).to.equal(201)
  })
  afterEach(() => api.close())

  it('protects a proxy with defaults, merges changes, and keeps the settings when it is opened', async () => {
    expect((await admin('GET', `${target}/auth`)).body).to.include({
      enabled: false,
      mode: 'forward',
      auth_proxy: 'localhost:8080',
    })
    const enabled = await admin('POST', `${target}/auth`, {required_users: ['alice']})
    expect(enabled.body).to.deep.include({
      enabled: true,
      mode: 'forward',
      header_prefix: 'X-Auth-',
      pass_headers: true,
      required_users: ['alice'],
    })
    const changed = await admin('POST', `${target}/auth`, {mode: 'redirect'})
    expect(changed.body).to.deep.include({mode: 'redirect', required_users: ['alice']})
    expect((await admin('DELETE', `${target}/auth`)).status).to.equal(204)
    expect((await admin('GET', `${target}/auth`)).body).to.deep.include({
      enabled: false,
      required_users: ['alice'],
    })
  })

  it('names the wrong field', async () => {
    for (const [body, field] of [
      [{mode: 'open'}, 'mode'],
      [{header_prefix: 'X Auth'}, 'header_prefix'],
      [{excluded_paths: ['health']}, 'excluded_paths.0'],
      [{users: ['x']}, 'users'],
    ] as const) {
      const answer = await admin('POST', `${target}/auth`, body)
      expect(answer.status, field).to.equal(400)
      expect(answer.body.errors[0].field).to.equal(field)
    }
  })

  it('publishes an MCP server behind a login, with what it found there', async () => {
    const {status, body} = await admin('POST', `${target}/mcp`, {})
    expect(status, JSON.stringify(body)).to.equal(200)
    expect(body).to.include({
      enabled: true,
      endpoint: '/mcp',
      public: false,
      stateful: true,
      backend_implements: false,
    })
    expect(body.resource).to.equal(`${origin}/mcp`)
    expect(body.metadata_url).to.equal(`${origin}/.well-known/oauth-protected-resource/mcp`)
    expect(body.mcp_versions).to.include('2025-11-25')
    expect(body.server_info.name).to.be.a('string')
    expect(Date.parse(body.last_checked)).to.be.closeTo(Date.now(), 10_000)
    const proxy = await admin('GET', target)
    expect(proxy.body.auth.enabled).to.equal(true)
    expect(proxy.body.preserve_host_header).to.equal(false)
    expect(
      (await admin('GET', '/api/v1/resources')).body.items.map(({uri}: {uri: string}) => uri),
    ).to.deep.equal([`${origin}/mcp`])
    expect(
      (await admin('POST', `${target}/mcp`, {endpoint: '/other', scopes: ['x']})).body.resource,
    ).to.equal(`${origin}/other`)
    expect((await admin('GET', '/api/v1/resources')).body.items).to.have.length(1)
    expect((await admin('DELETE', `${target}/mcp`)).status).to.equal(204)
    expect((await admin('GET', '/api/v1/resources')).body.items).to.have.length(0)
    expect((await admin('GET', target)).body.auth.enabled).to.equal(true)
  })

  it('is public only when someone says so', async () => {
    expect((await admin('POST', `${target}/mcp`, {public: true})).body.public).to.equal(true)
    expect((await admin('GET', target)).body.auth.enabled).to.equal(false)
    expect((await admin('POST', `${target}/mcp`, {})).body.public).to.equal(false)
  })

  it('asks who protects a server that has OAuth of its own', async () => {
    const own: Server = createServer((request, response) => {
      if (request.url?.includes('oauth-protected-resource'))
        return void response.end(
          JSON.stringify({resource: 'x', authorization_servers: ['https://a.example']}),
        )
      response.writeHead(401, {'www-authenticate': 'Bearer resource_metadata="x"'}).end()
    })
    await new Promise<void>(resolve => own.listen(0, '127.0.0.1', resolve))
    const target_url = `http://127.0.0.1:${(own.address() as AddressInfo).port}`
    await admin('PATCH', target, {target_url})
    const refused = await admin('POST', `${target}/mcp`, {})
    expect(refused.status).to.equal(409)
    expect(refused.body.code).to.equal('backend-protects')
    expect((await admin('POST', `${target}/mcp`, {override_backend: true})).body).to.include({
      backend_implements: true,
      public: false,
    })
    own.closeAllConnections()
    own.close()
  })

  it('looks, for a token that is not admin, no further than that may reach', async () => {
    const other = await api.as('other')
    const fields = {target_url: new URL(echo.url).origin, owner: 'other'}
    await api.test.records.proxy.create('theirs.localhost', proxyRecord('theirs.localhost', fields))
    const {status, body} = await other('POST', '/api/v1/proxy/targets/theirs.localhost/mcp', {})
    expect(status, JSON.stringify(body)).to.equal(200)
    expect(body).to.not.have.any.keys('mcp_versions', 'server_info')
    let reached = 0
    const inside = createServer((_, response) => {
      reached++
      response.end('{}')
    })
    const gate = createServer((_, response) => {
      const challenge = `Bearer resource_metadata="http://127.0.0.1:${portOf(inside)}/secret"`
      response.writeHead(401, {'www-authenticate': challenge}).end()
    })
    for (const one of [inside, gate]) await new Promise<void>(resolve => one.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${portOf(gate)}`
    const {steps} = await probe(url, undefined, {limited: true, own: [url]})
    expect(steps.map(({step, ok}) => [step, ok])).to.deep.equal([
      ['challenge', true],
      ['resource metadata', false],
    ])
    expect(steps[1]?.detail).to.contain('not a public address')
    expect(reached).to.equal(0)
    for (const one of [inside, gate]) one.close()
  })

  it('finds MCP servers by itself', async () => {
    const {body} = await admin('POST', '/api/v1/resources/auto-register', {})
    expect(body.looked_at).to.equal(1)
    expect(body.registered.map(({uri}: {uri: string}) => uri)).to.deep.equal([`${origin}/mcp`])
    expect((await admin('GET', `${target}/mcp`)).body).to.include({auto_detected: true, public: false})
    expect((await admin('POST', '/api/v1/resources/auto-register', {})).body.registered).to.deep.equal([])
  })

  it('keeps resources by their URI, on their own host only', async () => {
    const resource = {uri: `${origin}/second/`, proxy_target: 'app.localhost', name: 'Second'}
    const made = await admin('POST', '/api/v1/resources', resource)
    expect(made.status, JSON.stringify(made.body)).to.equal(201)
    expect(made.body.uri).to.equal(`${origin}/second`)
    const path = `/api/v1/resources/${encodeURIComponent(`${origin}/second`)}`
    expect((await admin('GET', path)).body.name).to.equal('Second')
    expect((await admin('PATCH', path, {scopes: ['a', 'b']})).body.scopes).to.deep.equal(['a', 'b'])
    expect(
      (await admin('POST', '/api/v1/resources', {...resource, uri: 'https://evil.example/mcp'})).body
        .errors[0].field,
    ).to.equal('uri')
    expect(
      (await admin('POST', '/api/v1/resources', {...resource, proxy_target: 'nowhere'})).body.code,
    ).to.equal('reference-unknown')
    expect((await admin('DELETE', path)).status).to.equal(204)
    expect((await admin('GET', path)).status).to.equal(404)
  })

  it('shows a proxy key once, keeps its hash, and takes keys and resources away with the proxy', async () => {
    const {body, status} = await admin('POST', `${target}/keys`, {name: 'job'})
    expect(status).to.equal(201)
    expect(body.key).to.match(/^mpk_[\w-]{43}$/)
    const stored = await api.test.store.redis.hgetall(`${api.test.store.prefix}key`)
    expect(JSON.stringify(stored)).to.not.contain(body.key)
    const listed = await admin('GET', `${target}/keys`)
    expect(listed.body.items).to.deep.equal([body.record])
    expect(listed.body.items[0]).to.not.have.property('hash')
    expect((await admin('POST', `${target}/keys`, {name: 'job'})).status).to.equal(409)
    await admin('POST', `${target}/mcp`, {})
    expect((await admin('DELETE', target)).status).to.equal(204)
    expect(await api.test.records.key.count()).to.equal(0)
    expect(await api.test.records.resource.count()).to.equal(0)
  })

  it('hides from a token what it does not own', async () => {
    const other = await api.as('other')
    await admin('POST', `${target}/keys`, {name: 'job'})
    for (const [method, path] of [
      ['POST', `${target}/auth`],
      ['GET', `${target}/auth`],
      ['DELETE', `${target}/auth`],
      ['POST', `${target}/mcp`],
      ['DELETE', `${target}/mcp`],
      ['GET', `${target}/keys`],
      ['DELETE', `${target}/keys/job`],
      ['GET', '/api/v1/oauth/proxies/app.localhost/sessions'],
    ] as const)
      expect(
        (await other(method, path, method === 'POST' ? {} : undefined)).status,
        `${method} ${path}`,
      ).to.equal(404)
    for (const path of ['clients', 'keys', 'metrics'])
      expect((await other('GET', `/api/v1/oauth/${path}`)).body.code, path).to.equal('admin-only')
    for (const path of ['sessions', 'tokens', 'proxies'])
      expect((await other('GET', `/api/v1/oauth/${path}`)).body.items, path).to.deep.equal([])
  })

  it('registers clients that operators make, and says which redirect URI is wrong', async () => {
    const wrong = await admin('POST', '/api/v1/oauth/clients', {
      client_name: 'x',
      redirect_uris: ['http://evil.example/'],
    })
    expect(wrong.status).to.equal(400)
    expect(wrong.body.errors[0].field).to.equal('redirect_uris')
    const {body} = await admin('POST', '/api/v1/oauth/clients', {
      client_name: 'Dash',
      redirect_uris: ['https://dash.example/cb'],
    })
    expect(body.client_secret).to.have.length.above(30)
    expect(body.record)
      .to.include({kind: 'registered', client_name: 'Dash', active: false})
      .and.not.have.property('client_secret')
    const path = `/api/v1/oauth/clients/${body.client_id}`
    expect((await admin('GET', path)).body).to.deep.equal(body.record)
    expect((await admin('GET', '/api/v1/oauth/clients')).body.items).to.have.length(1)
    expect((await admin('GET', '/api/v1/oauth/clients?active_only=true')).body.items).to.have.length(0)
    expect((await admin('DELETE', path)).status).to.equal(204)
    expect((await admin('GET', path)).status).to.equal(404)
  })

  it('rotates the signing key', async () => {
    const [first] = (await admin('GET', '/api/v1/oauth/keys')).body.items
    expect(first).to.include({current: true, alg: 'RS256'})
    const {body} = await admin('POST', '/api/v1/oauth/keys/rotate')
    const {items} = (await admin('GET', '/api/v1/oauth/keys')).body
    expect(items.map(({kid, current}: {kid: string; current: boolean}) => [kid, current])).to.deep.equal([
      [body.kid, true],
      [first.kid, false],
    ])
    expect(Date.parse(items[1].published_until)).to.be.above(Date.now() + 1800_000)
  })
})
