// The same MCP servers and clients as in mcp-direct.test.ts, through a whole `mcpx serve`.
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {text} from 'node:stream/consumers'
import {expect} from 'chai'
import {failures, type Revision, requiredScenarios, runConformance} from '../support/conformance.ts'
import {
  itReplaysStreams,
  itServesEcho,
  itServesEverything,
  itServesModern,
  itServesPolling,
  itServesSessions,
} from '../support/mcp-behaviour.ts'
import {
  type McpServerProcess,
  startEchoStateful,
  startEchoStateless,
  startEverything,
  startEverythingSse,
  startFixture,
} from '../support/mcp-servers.ts'
import {startServer, type TestServer} from '../support/server.ts'

const servers = {
  fixture: startFixture,
  stateless: startEchoStateless,
  stateful: startEchoStateful,
  everything: startEverything,
  sse: startEverythingSse,
}
type Name = keyof typeof servers

describe('MCP servers and clients, through the gateway', function () {
  this.timeout(60_000)
  let mcpx: TestServer
  const running = new Map<Name, McpServerProcess>()
  let endless: Server | undefined

  before(async () => {
    mcpx = await startServer()
    for (const [name, start] of Object.entries(servers)) running.set(name as Name, await start())
    await call('POST', '/proxy/targets', {hostname: '127.0.0.1', preserve_host_header: false})
    for (const [name, {url}] of running) {
      await call('POST', '/instances', {name, target_url: new URL(url).origin})
      await call('POST', '/routes', {
        path_pattern: `/${name}`,
        target_type: 'instance',
        target_value: name,
        strip_path: true,
      })
    }
  })
  after(async () => {
    await mcpx?.stop()
    await Promise.all([...running.values()].map(server => server.stop()))
    endless?.close().closeAllConnections()
  })

  async function call(method: string, path: string, body: object, status = 201): Promise<unknown> {
    const headers = {authorization: `Bearer ${mcpx.adminToken}`, 'content-type': 'application/json'}
    const response = await fetch(`${mcpx.url}/api/v1${path}`, {method, headers, body: JSON.stringify(body)})
    const answer = await response.text()
    expect(response.status, answer).to.equal(status)
    return JSON.parse(answer)
  }

  const direct = (name: Name) => (): string => running.get(name)?.url ?? ''
  const through = (name: Name) => (): string => {
    const {pathname} = new URL(direct(name)())
    return `http://127.0.0.1:${mcpx.port}/${name}${pathname}`
  }

  for (const revision of Object.keys(requiredScenarios) as Revision[]) {
    it(`gives the conformance suite of ${revision} what the server gives it direct`, async () => {
      const one = await runConformance(direct('fixture')(), revision)
      const other = await runConformance(through('fixture')(), revision)
      expect(failures(other)).to.deep.equal([])
      expect(other.exitCode, other.output).to.equal(0)
      for (const [name, checks] of Object.entries(one.scenarios))
        expect(other.scenarios[name], name).to.deep.equal(checks)
    })

    it(`fails no check of ${revision} that server-everything passes direct`, async () => {
      const one = await runConformance(direct('everything')(), revision)
      const other = await runConformance(through('everything')(), revision)
      const passed = new Set(statuses(one, 'SUCCESS'))
      expect(statuses(other, 'FAILURE').filter(check => passed.has(check))).to.deep.equal([])
      if (revision === '2025-06-18') return // has no such scenario
      expect(statuses(other, 'SUCCESS')).to.include(
        'dns-rebinding-protection: localhost-host-rebinding-rejected',
      )
    })
  }

  for (const kind of ['v1 legacy', 'v2 legacy'] as const) {
    itServesPolling(kind, through('fixture'))
    itServesEverything(kind, through('everything'))
  }
  itServesModern('v2 modern', through('fixture'))
  for (const kind of ['v1 legacy', 'v2 legacy', 'v2 modern', 'v2 auto'] as const)
    itServesEcho(kind, through('stateless'))
  for (const kind of ['v1 legacy', 'v2 legacy', 'v2 auto'] as const) {
    itServesEcho(kind, through('stateful'))
    itServesSessions(kind, through('stateful'))
  }
  itReplaysStreams('v2 legacy', through('stateful'))
  // Behind a path prefix: the endpoint event names a path of the server, which the gateway puts the prefix before.
  for (const kind of ['v1 sse', 'v2 sse'] as const) itServesEverything(kind, through('sse'))

  it('tests a proxy whose streams have no end', async () => {
    endless = await startEndless()
    const {port} = endless.address() as AddressInfo
    const hostname = 'endless.localhost'
    await call('POST', '/proxy/targets', {hostname, target_url: `http://127.0.0.1:${port}`})
    const report = await call('POST', `/proxy/targets/${hostname}/test`, {}, 200)
    expect(report).to.deep.include({ok: true})
    expect(JSON.stringify(report)).to.include('endless speaks 2025-11-25, with 1 tool in')
  })
})

/** An MCP server that leaves every stream of events open, on a GET of `/` too. */
async function startEndless(): Promise<Server> {
  const results: Record<string, object> = {
    initialize: {
      protocolVersion: '2025-11-25',
      capabilities: {tools: {}},
      serverInfo: {name: 'endless', version: '1'},
    },
    'tools/list': {tools: [{name: 'wait', inputSchema: {type: 'object'}}]},
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const {id, method = ''} = JSON.parse((await text(request)) || '{}')
    if (request.method === 'POST' && id === undefined) {
      response.writeHead(202).end()
      return
    }
    response.writeHead(200, {'content-type': 'text/event-stream'}).write(': open\n\n')
    if (id !== undefined)
      response.write(`data: ${JSON.stringify({jsonrpc: '2.0', id, result: results[method]})}\n\n`)
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

const statuses = ({scenarios}: Awaited<ReturnType<typeof runConformance>>, wanted: string): string[] =>
  Object.entries(scenarios).flatMap(([scenario, checks]) =>
    checks.filter(({status}) => status === wanted).map(({id}) => `${scenario}: ${id}`),
  )
