// The MCP Inspector's command line logs in by itself in every era: dynamic registration, and a metadata document.
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {expect} from 'chai'
import {type Era, Inspector} from '../../support/inspector.ts'
import {type McpServerProcess, startFixture} from '../../support/mcp-servers.ts'
import {claimsOf, passLogin, startTestOAuth, type TestOAuth} from '../../support/oauth.ts'
import {connectWithLogin, Keeper} from '../../support/oauth-clients.ts'
import {until} from '../../support/until.ts'

const publisher = 'https://client.example'

describe('the MCP Inspector and clients with metadata documents', function () {
  this.timeout(60_000)
  let backend: McpServerProcess
  let server: TestOAuth
  let documents: Server
  let url: string
  let redirects: string[]

  before(async () => {
    backend = await startFixture()
    documents = createServer((request, response) => {
      const body = {client_id: publisher + request.url, client_name: 'Documented', redirect_uris: redirects}
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    })
    await new Promise<void>(resolve => documents.listen(0, '127.0.0.1', resolve))
    const {port} = documents.address() as AddressInfo
    // What DNS and TLS do for the real thing: the name leads to the server of this test.
    const fetchHere = (asked: string, init: RequestInit): Promise<Response> => {
      const {dispatcher: _, ...rest} = init as RequestInit & {dispatcher?: unknown}
      return fetch(asked.replace(publisher, `http://127.0.0.1:${port}`), rest)
    }
    server = await startTestOAuth({}, {gateway: true, fetch: fetchHere})
    url = await server.protect('127.0.0.1', {endpoint: '/mcp', target_url: new URL(backend.url).origin})
  })
  after(async () => {
    await server?.close()
    documents?.closeAllConnections()
    documents?.close()
    await backend?.stop()
  })

  const visit = async (to: URL): Promise<URL> => (await passLogin(server, to, server.person())).returned
  const openSession = async () => {
    const [id = ''] = await server.oauth.storage.values.listed('sessions', 0, 1)
    return {id, ...(await server.oauth.storage.grant(id))}
  }

  for (const era of ['legacy', 'auto', 'modern'] satisfies Era[]) {
    for (const how of ['dynamic registration', 'a metadata document']) {
      const document = how === 'a metadata document' ? `${publisher}/inspector/${era}` : undefined
      const words = document === undefined ? [] : ['--client-metadata-url', document]
      it(`Inspector ${era}: logs in through ${how}, calls, and is refused once revoked`, async () => {
        const inspector = new Inspector()
        try {
          redirects = [await inspector.callback()]
          const options = ['--protocol-era', era, ...words]
          const listed = await inspector.run(url, ['--method', 'tools/list', ...options], visit)
          expect(listed.code, listed.stderr).to.equal(0)
          expect(listed.logins).to.equal(1)
          expect(JSON.parse(listed.stdout).tools.map(({name}: {name: string}) => name)).to.include(
            'test_simple_text',
          )
          const session = await openSession()
          if (document !== undefined) expect(session.clientId).to.equal(document)
          else expect(session.clientId).to.not.contain(publisher)
          const call = ['--method', 'tools/call', '--tool-name', 'test_simple_text', '--stored-auth-only']
          const called = await inspector.run(url, [...call, ...options])
          expect(called.code, called.stderr).to.equal(0)
          expect(called.stdout).to.contain('simple text')
          await server.oauth.storage.revokeGrant(session.id)
          await until(
            async () => (await inspector.run(url, [...call, ...options])).code === 3,
            'refused for want of a login',
          )
        } finally {
          inspector.close()
        }
      })
    }
  }

  for (const kind of ['v1', 'v2 legacy', 'v2 auto', 'v2 modern'] as const) {
    it(`SDK ${kind}: logs in through a metadata document, without registering`, async () => {
      redirects = ['http://127.0.0.1/callback']
      const document = `${publisher}/sdk/${encodeURIComponent(kind)}`
      const keeper = new Keeper('http://127.0.0.1:7777/callback', document)
      const client = await connectWithLogin(kind, url, keeper, visit)
      expect(await client.call('test_simple_text', {})).to.contain('text')
      expect(claimsOf(keeper.kept.access_token).client_id).to.equal(document)
      await client.close()
    })
  }
})
