// The lookout: what is said of an MCP server moves by itself, servers are found without being asked, and one replica looks.
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {expect} from 'chai'
import pino from 'pino'
import {authDefaults, mcpDefaults} from '../../../src/core/contract/protection.ts'
import {McpPublisher} from '../../../src/server/api/mcp-server.ts'
import {Lookout} from '../../../src/server/lookout.ts'
import {look as ask} from '../../../src/server/oauth/look.ts'
import {detect, probe} from '../../../src/server/oauth/probe.ts'
import {proxyRecord} from '../../support/examples.ts'
import {type McpServerProcess, startEchoStateful} from '../../support/mcp-servers.ts'
import {openTestStore, type TestStore} from '../../support/redis.ts'
import {until} from '../../support/until.ts'

const origin = 'http://app.localhost:8080'

describe('the lookout', function () {
  this.timeout(30_000)
  let echo: McpServerProcess
  let target_url: string
  let test: TestStore
  let publisher: McpPublisher
  const lookouts: Lookout[] = []

  before(async () => {
    echo = await startEchoStateful()
    target_url = new URL(echo.url).origin
  })
  after(() => echo.stop())
  beforeEach(async () => {
    test = await openTestStore()
    publisher = publisherOf(test)
  })
  afterEach(async () => {
    await Promise.all(lookouts.splice(0).map(one => one.stop()))
    await test.close()
  })

  function publisherOf({store, records}: Pick<TestStore, 'store' | 'records'>): McpPublisher {
    return new McpPublisher({
      store,
      records,
      prober: {detect, probe},
      oauth: {issuer: 'http://localhost:8080'},
    })
  }
  /** A replica that looks. */
  async function look(interval: number): Promise<Lookout> {
    const {store, records} = test.replica()
    const lookout = new Lookout({
      store,
      records,
      publisher: publisherOf({store, records}),
      interval,
      leaderFor: 600,
      log: pino({level: 'silent'}),
    })
    lookouts.push(lookout)
    await lookout.start()
    return lookout
  }
  const shown = async (hostname = 'app.localhost') => {
    const proxy = await test.records.proxy.get(hostname)
    if (!proxy) throw new Error(`there is no ${hostname}`)
    return {...(await publisher.shown(proxy)), revision: proxy.revision}
  }

  it('publishes what it finds behind a login, soon after the proxy is there, and looks again and again', async () => {
    await look(1)
    const auth = {...authDefaults, enabled: true}
    await test.records.proxy.create('app.localhost', proxyRecord('app.localhost', {target_url, auth}))
    await until(async () => (await shown()).enabled, 'the server is published')
    expect((await test.records.resource.get(`${origin}/mcp`))?.proxy_target).to.equal('app.localhost')
    const first = await shown()
    expect(first).to.include({
      auto_detected: true,
      backend_implements: false,
      public: false,
      stateful: true,
      endpoint: '/mcp',
    })
    expect(first.mcp_versions).to.include('2025-11-25')
    await until(async () => (await shown()).last_checked !== first.last_checked, 'it was looked at again')
    expect((await shown()).revision, 'a look changes no record').to.equal(first.revision)
  })

  it('finds names below localhost, which not every system resolves, for admins only', async () => {
    const url = `http://tools.localhost:${new URL(target_url).port}/mcp`
    expect((await ask(url, {}, {limited: false})).status).to.be.a('number')
    const refused = await ask(url, {}, {limited: true}).catch((error: Error) => error)
    expect(refused).to.be.instanceOf(Error)
  })

  it('tells what is behind an open proxy, and leaves it open', async () => {
    await test.records.proxy.create('app.localhost', proxyRecord('app.localhost', {target_url}))
    await look(3600)
    await until(async () => (await shown()).last_checked !== undefined, 'it was looked at')
    expect(await shown()).to.include({enabled: false, auto_detected: true, public: true, revision: 1})
    expect(await test.records.resource.count()).to.equal(0)
  })

  it('sees when a server begins to protect itself, and when it is gone', async () => {
    let asks = false
    const server: Server = createServer((request, response) => {
      const metadata = request.url?.includes('oauth-protected-resource')
      if (metadata && asks)
        return void response.end(JSON.stringify({authorization_servers: ['https://a.test']}))
      if (metadata) return void response.writeHead(404).end()
      if (asks) return void response.writeHead(401, {'www-authenticate': 'Bearer'}).end()
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({jsonrpc: '2.0', id: 1, result: {protocolVersion: '2025-06-18'}}))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const mcp = {...mcpDefaults, enabled: true}
    const fields = {target_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, mcp}
    await test.records.proxy.create('app.localhost', proxyRecord('app.localhost', fields))
    await look(1)
    await until(async () => (await shown()).backend_implements === false, 'it has no OAuth')
    asks = true
    await until(async () => (await shown()).backend_implements === true, 'it has OAuth')
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    const {last_checked} = await shown()
    await until(async () => (await shown()).last_checked !== last_checked, 'it was looked at again')
    expect((await shown()).mcp_versions, 'what it last said stays').to.deep.equal(['2025-06-18'])
  })

  it('is one replica at a time, and another goes on when that stops', async () => {
    const asked: string[] = []
    const server: Server = createServer((request, response) => {
      if (request.method === 'POST') asked.push(request.url ?? '')
      response.writeHead(404).end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const first = await look(3600)
    await look(3600)
    await test.records.proxy.create('app.localhost', proxyRecord('app.localhost', {target_url: target}))
    await until(() => asked.length > 0, 'somebody looks')
    await first.stop()
    await test.records.proxy.update('app.localhost', proxy => ({...proxy, target_url: `${target}/second`}))
    await until(() => asked.some(path => path.startsWith('/second')), 'the other looks')
    for (const path of ['/mcp', '/second/mcp'])
      expect(asked.filter(one => one === path).length, `calls of ${path}, two a look`).to.be.at.most(2)
    server.closeAllConnections()
    server.close()
  })
})
