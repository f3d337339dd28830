// The MCP servers and clients that prove the gateway, without the gateway: what fails here is not its fault.
import {once} from 'node:events'
import {expect} from 'chai'
import {failures, type Revision, requiredScenarios, runConformance} from '../support/conformance.ts'
import {
  itReplaysStreams,
  itServesEcho,
  itServesEverything,
  itServesModern,
  itServesPolling,
  itServesSessions,
  withClient,
} from '../support/mcp-behaviour.ts'
import {
  type McpServerProcess,
  startEchoStateful,
  startEchoStateless,
  startEverything,
  startEverythingSse,
  startFixture,
} from '../support/mcp-servers.ts'

describe('MCP servers and clients, direct', () => {
  describe('conformance fixture', () => {
    const url = serverOf(startFixture)

    for (const [revision, count] of Object.entries(requiredScenarios) as [Revision, number][]) {
      it(`passes the ${count} scenarios that ${revision} requires`, async () => {
        const run = await runConformance(url(), revision)
        expect(failures(run)).to.deep.equal([])
        expect(run.required).to.have.length(count)
        expect(run.passed).to.be.greaterThan(count)
        expect(run.exitCode, run.output).to.equal(0)
      }).timeout(60_000)
    }

    for (const kind of ['v1 legacy', 'v2 legacy'] as const) itServesPolling(kind, url)
    itServesModern('v2 modern', url)
  })

  describe('stateless echo server', () => {
    const url = serverOf(startEchoStateless)

    for (const kind of ['v1 legacy', 'v2 legacy', 'v2 modern', 'v2 auto'] as const) itServesEcho(kind, url)

    it('shows the headers that reached it, but no secret', async () => {
      const body = {jsonrpc: '2.0', id: 1, method: 'tools/call', params: {name: 'headers'}}
      const headers = {
        accept: 'application/json, text/event-stream',
        authorization: 'Bearer secret',
        'content-type': 'application/json',
        'x-seen': 'yes',
      }
      const response = await fetch(url(), {method: 'POST', headers, body: JSON.stringify(body)})
      const text = await response.text()
      expect(text).to.contain('x-seen').and.to.contain('authorization').and.not.to.contain('secret')
    })

    it('refuses a Host and an Origin that are not local', async () => {
      const foreign = await fetch(url(), {method: 'POST', headers: {origin: 'http://evil.example'}})
      expect(foreign.status).to.equal(403)
      expect((await fetch(url().replace('127.0.0.1', 'localhost'))).status).to.equal(405)
    })
  })

  describe('stateful echo server', () => {
    const url = serverOf(startEchoStateful)

    for (const kind of ['v1 legacy', 'v2 legacy', 'v2 auto'] as const) {
      itServesEcho(kind, url)
      itServesSessions(kind, url)
    }
    itReplaysStreams('v2 legacy', url)
  })

  describe('server-everything', () => {
    const http = serverOf(startEverything)
    const sse = serverOf(startEverythingSse)

    for (const kind of ['v1 legacy', 'v2 legacy'] as const) itServesEverything(kind, http)
    for (const kind of ['v1 sse', 'v2 sse'] as const) itServesEverything(kind, sse)
  })

  describe('an echo server as a child process', () => {
    it('stops cleanly on SIGTERM while a client streams', async () => {
      const server = await startEchoStateful()
      await withClient('v2 legacy', server.url, async client => {
        await client.streaming
        expect(await server.stop()).to.equal(0)
      })
    })

    it('ends when its parent is gone', async () => {
      const server = await startEchoStateless()
      const ended = once(server.process, 'exit')
      server.process.disconnect()
      expect(await ended).to.deep.equal([0, null])
    })
  })
})

/** Starts the server before the tests of this block and ends it after them. */
function serverOf(start: () => Promise<McpServerProcess>): () => string {
  let server: McpServerProcess | undefined
  before(async () => {
    server = await start()
  })
  after(() => server?.stop())
  return () => server?.url ?? ''
}
