// The demo as the API runs it: both echo servers behind the gateway, brought back, followed and taken away.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import type {DemoStatus} from '../../src/core/contract/system.ts'
import {pidsOf} from '../support/processes.ts'
import {type ServerOptions, startServer, type TestServer} from '../support/server.ts'
import {until} from '../support/until.ts'

const echo = /node \S*echo-stateless|node\S* \S*echo-stateless/

describe('the demo', function () {
  this.timeout(60_000)
  const cleanups: (() => unknown)[] = []

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  async function start(options: ServerOptions = {}): Promise<TestServer> {
    const server = await startServer(options)
    cleanups.push(() => server.stop())
    return server
  }

  it('publishes both servers on 127.0.0.1, where they answer', async () => {
    const server = await start()
    const {running, servers} = await startDemo(server)
    expect(running).to.equal(true)
    expect(servers.map(({url}) => url)).to.deep.equal([
      `http://127.0.0.1:${server.port}/echo-stateless/mcp`,
      `http://127.0.0.1:${server.port}/echo-stateful/mcp`,
    ])
    for (const {url, name} of servers)
      await until(async () => (await greeted(url)) === name, `${name} answers`)
  })

  it('gives each server a host of its own under BASE_DOMAIN', async () => {
    const server = await start({env: {BASE_DOMAIN: 'mcpx.test'}})
    const {servers} = await startDemo(server)
    expect(servers.map(({url}) => new URL(url).hostname)).to.deep.equal([
      'echo-stateless.mcpx.test',
      'echo-stateful.mcpx.test',
    ])
    expect(await keys(server, '/proxy/targets', 'hostname')).to.deep.equal([
      'echo-stateful.mcpx.test',
      'echo-stateless.mcpx.test',
    ])
    const names = async (): Promise<unknown[]> => keys(server, '/certificates', 'cert_name')
    expect(await names()).to.include.members(['echo-stateful.mcpx.test', 'echo-stateless.mcpx.test'])
    const covered = async (): Promise<unknown[]> => keys(server, '/certificates/coverage', 'status')
    await until(async () => String(await covered()) === 'covered,covered', 'both have their certificates')
    await call(server, 'DELETE', '/demo')
    expect(await names()).to.not.include('echo-stateless.mcpx.test')
  })

  it('does nothing when it is started twice, also at once', async () => {
    const server = await start()
    await Promise.all([startDemo(server), startDemo(server)])
    await startDemo(server)
    expect(pidsOf(server.process.pid ?? 0, /^\S*node\S* \S*echo-/)).to.have.length(2)
    expect(await keys(server, '/instances', 'name')).to.deep.equal(['echo-stateful', 'echo-stateless'])
  })

  it('comes back with the next start, on the ports its servers have then', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mcpx-test-'))
    cleanups.push(() => rmSync(home, {recursive: true, force: true}))
    const first = await startServer({home})
    await startDemo(first)
    await first.stop()
    const second = await start({home})
    const url = `http://127.0.0.1:${second.port}/echo-stateless/mcp`
    await until(async () => (await greeted(url)) === 'echo-stateless', 'it answers again')
  })

  it('starts a server again that died, and follows it to its new port', async () => {
    const server = await start()
    const {servers} = await startDemo(server)
    const url = servers[0]?.url ?? ''
    await until(async () => (await greeted(url)) === 'echo-stateless', 'it answers')
    const [pid = 0] = pidsOf(server.process.pid ?? 0, echo).slice(-1)
    process.kill(pid, 'SIGKILL')
    await until(() => !pidsOf(server.process.pid ?? 0, echo).includes(pid), 'it is gone')
    await until(async () => (await greeted(url)) === 'echo-stateless', 'it answers again')
  })

  it('is taken away whole, and nothing else is', async () => {
    const server = await start()
    await call(server, 'POST', '/instances', {name: 'mine', target_url: 'http://127.0.0.1:9'})
    await startDemo(server)
    expect((await call(server, 'DELETE', '/demo')).status).to.equal(204)
    expect(await keys(server, '/instances', 'name')).to.deep.equal(['mine'])
    expect(await keys(server, '/routes', 'route_id')).to.deep.equal([])
    expect(await keys(server, '/proxy/targets', 'hostname')).to.deep.equal([])
    expect(pidsOf(server.process.pid ?? 0, /echo-/)).to.be.empty
    expect(await (await call(server, 'GET', '/demo')).json()).to.deep.equal({
      running: false,
      docker: false,
      servers: [],
    })
  })

  it('leaves a proxy that was there before, and one that others use by now', async () => {
    const server = await start()
    await call(server, 'POST', '/proxy/targets', {hostname: '127.0.0.1'})
    await startDemo(server)
    await call(server, 'DELETE', '/demo')
    expect(await keys(server, '/proxy/targets', 'hostname')).to.deep.equal(['127.0.0.1'])
    await call(server, 'DELETE', '/proxy/targets/127.0.0.1')
    await startDemo(server)
    const route = {path_pattern: '/mine', target_type: 'port', target_value: '9', hosts: ['127.0.0.1']}
    expect((await call(server, 'POST', '/routes', route)).status).to.equal(201)
    await call(server, 'DELETE', '/demo')
    expect(await keys(server, '/proxy/targets', 'hostname')).to.deep.equal(['127.0.0.1'])
  })

  it('refuses to take a name that somebody uses, and changes nothing', async () => {
    const server = await start()
    await call(server, 'POST', '/instances', {name: 'echo-stateful', target_url: 'http://127.0.0.1:9'})
    const answer = await call(server, 'POST', '/demo')
    expect(answer.status).to.equal(409)
    expect(await answer.json()).to.deep.include({code: 'already-exists'})
    expect(await keys(server, '/instances', 'name')).to.deep.equal(['echo-stateful'])
    expect(await keys(server, '/routes', 'route_id')).to.deep.equal([])
  })
})

function call(server: TestServer, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.adminToken}`,
      ...(body !== undefined && {'content-type': 'application/json'}),
    },
    ...(body !== undefined && {body: JSON.stringify(body)}),
  })
}

async function startDemo(server: TestServer): Promise<DemoStatus> {
  const answer = await call(server, 'POST', '/demo')
  expect(answer.status, await answer.clone().text()).to.equal(200)
  return (await answer.json()) as DemoStatus
}

async function keys(server: TestServer, path: string, key: string): Promise<unknown[]> {
  const {items} = (await (await call(server, 'GET', path)).json()) as {items: Record<string, unknown>[]}
  return items.map(item => item[key])
}

/** The name an MCP server gives when it is greeted, if it answers. */
async function greeted(url: string): Promise<string | undefined> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {'content-type': 'application/json', accept: 'application/json, text/event-stream'},
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {protocolVersion: '2025-06-18', capabilities: {}, clientInfo: {name: 'test', version: '1'}},
    }),
  })
  return /"serverInfo":\{"name":"([^"]+)"/.exec(await answer.text())?.[1]
}
