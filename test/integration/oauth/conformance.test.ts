// The official server suite through a protected proxy, with the bearer added in front: the same as direct.
import {createServer, request, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {expect} from 'chai'
import {failures, type Revision, requiredScenarios, runConformance} from '../../support/conformance.ts'
import {type McpServerProcess, startFixture} from '../../support/mcp-servers.ts'
import {registerClient, startTestOAuth, type TestOAuth, tokens} from '../../support/oauth.ts'

describe('the conformance suite through a protected proxy', function () {
  this.timeout(60_000)
  let server: TestOAuth
  let backend: McpServerProcess
  let shim: Server
  let through: string

  before(async () => {
    backend = await startFixture()
    server = await startTestOAuth({}, {gateway: true})
    const resource = await server.protect('127.0.0.1', {
      endpoint: '/mcp',
      target_url: new URL(backend.url).origin,
    })
    const client = await registerClient(server)
    const {access_token} = await tokens(server, {client, resource})
    shim = createServer((incoming, outgoing) => {
      const own = (incoming.headers.host ?? '').startsWith('127.0.0.1:')
      const host = own ? `127.0.0.1:${server.port}` : incoming.headers.host
      const {port} = shim.address() as AddressInfo
      const origin = incoming.headers.origin?.replace(`127.0.0.1:${port}`, `127.0.0.1:${server.port}`)
      const sent = request({
        host: '127.0.0.1',
        port: server.port,
        method: incoming.method,
        path: incoming.url,
        headers: {
          ...incoming.headers,
          host,
          ...(origin && {origin}),
          authorization: `Bearer ${access_token}`,
        },
      })
      sent.once('response', answer => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
        outgoing.flushHeaders()
        answer.pipe(outgoing)
      })
      sent.once('error', () => outgoing.destroy())
      outgoing.once('close', () => sent.destroy())
      incoming.pipe(sent)
    })
    await new Promise<void>(resolve => shim.listen(0, '127.0.0.1', resolve))
    through = `http://127.0.0.1:${(shim.address() as AddressInfo).port}/mcp`
  })
  after(async () => {
    shim?.closeAllConnections()
    shim?.close()
    await server?.close()
    await backend?.stop()
  })

  for (const revision of Object.keys(requiredScenarios) as Revision[]) {
    it(`gives for ${revision} what the server gives direct`, async () => {
      const direct = backend.url.replace('localhost', '127.0.0.1')
      const one = await runConformance(direct, revision)
      const other = await runConformance(through, revision)
      expect(failures(other)).to.deep.equal([])
      expect(other.exitCode, other.output).to.equal(0)
      for (const [name, checks] of Object.entries(one.scenarios))
        expect(other.scenarios[name], name).to.deep.equal(checks)
    })
  }
})
