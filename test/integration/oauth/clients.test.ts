// Real clients against the whole server: they find the login, register, come back with tokens, and are refused once revoked.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'
import {type McpServerProcess, startFixture} from '../../support/mcp-servers.ts'
import {askPort, claimsOf, Person, passLogin, type Reply, type Sent} from '../../support/oauth.ts'
import {connectWithLogin, Keeper, type SdkKind} from '../../support/oauth-clients.ts'
import {startServer, type TestServer} from '../../support/server.ts'
import {until} from '../../support/until.ts'

const callback = 'http://127.0.0.1:7777/callback'

describe('MCP clients that log in by themselves', () => {
  let server: TestServer
  let backend: McpServerProcess
  let url: string
  let issuer: string

  const ask = (to: string, sent: Sent = {}): Promise<Reply> => askPort(server.port, to, sent)
  const admin = (method: string, path: string, json?: unknown): Promise<Reply> =>
    ask(`${issuer}/api/v1${path}`, {
      method,
      headers: {authorization: `Bearer ${server.adminToken}`},
      ...(json !== undefined && {json}),
    })

  /** Take the browser through login and consent; answers where it returns to. */
  const visit = async (to: URL): Promise<URL> =>
    (await passLogin({issuer, adminToken: server.adminToken}, to, new Person(ask))).returned

  before(async function () {
    this.timeout(60_000)
    backend = await startFixture()
    server = await startServer()
    issuer = `http://localhost:${server.port}`
    url = `http://127.0.0.1:${server.port}/mcp`
    const target_url = new URL(backend.url).origin
    expect((await admin('POST', '/proxy/targets', {hostname: '127.0.0.1', target_url})).status).to.equal(201)
    const enabled = await admin('POST', '/proxy/targets/127.0.0.1/mcp', {})
    expect(enabled.status, enabled.text).to.equal(200)
    expect(enabled.json).to.include({public: false, resource: url, backend_implements: false})
    await until(async () => (await ask(url, {json: {}})).status === 401, 'the endpoint is protected')
  })
  after(async () => {
    await server?.stop()
    await backend?.stop()
  })

  for (const kind of ['v1', 'v2 legacy', 'v2 auto', 'v2 modern'] satisfies SdkKind[]) {
    it(`SDK ${kind}: registers, logs in, calls tools, refreshes, and is refused after revocation`, async () => {
      const client = await connectWithLogin(kind, url, new Keeper(callback), to => visit(to))
      expect(await client.tools()).to.include('test_simple_text')
      expect(await client.call('test_simple_text', {})).to.contain('text')
      const before = client.keeper.kept
      client.keeper.kept = {...before, access_token: 'expired'}
      expect(await client.tools()).to.include('test_simple_text')
      const renewed = client.keeper.kept
      expect(renewed.refresh_token).to.be.a('string').and.not.equal(before.refresh_token)
      const session = claimsOf(renewed.access_token).sid
      expect((await admin('DELETE', `/oauth/sessions/${session}`)).status).to.equal(204)
      const headers = {authorization: `Bearer ${renewed.access_token}`}
      await until(
        async () => (await ask(url, {json: {}, headers})).status === 401,
        'the token is refused',
        1000,
      )
      const {json} = await ask(`${issuer}/token`, {
        form: {
          grant_type: 'refresh_token',
          refresh_token: renewed.refresh_token,
          client_id: claimsOf(renewed.access_token).client_id,
        },
      })
      expect(json.error).to.equal('invalid_grant')
      await client.close()
    })
  }

  it('operators see each step of the discovery, figures, clients and sessions', async () => {
    const client = await connectWithLogin('v2 legacy', url, new Keeper(callback), to => visit(to))
    const token = client.keeper.kept.access_token
    await client.close()
    const path = `/resources/${encodeURIComponent(url)}/validate-token`
    const {json: report} = await admin('POST', path, {token})
    expect(report.ok, JSON.stringify(report.steps)).to.equal(true)
    expect(report.steps.map(({step}: {step: string}) => step)).to.deep.equal([
      'challenge',
      'resource metadata',
      'server metadata',
      'registration',
      'call',
    ])
    const {json: refused} = await admin('POST', path, {token: 'wrong'})
    expect(refused.ok).to.equal(false)
    expect(refused.steps.at(-1).detail).to.contain('401')
    const {json: open} = await admin('POST', '/oauth/test', {url: `${issuer}/health`})
    expect(open.ok).to.equal(false)
    const id = claimsOf(token)
    expect((await admin('GET', `/oauth/tokens/${id.jti}`)).json).to.include({
      user: 'ADMIN',
      active: true,
      resource: url,
    })
    const {json: sessions} = await admin('GET', `/oauth/sessions?client_id=${id.client_id}`)
    expect(sessions.items).to.have.length(1)
    expect(sessions.items[0]).to.include({
      id: id.sid,
      user: 'ADMIN',
      client_name: 'SDK client',
      access_tokens: 1,
    })
    const {json: metrics} = await admin('GET', '/oauth/metrics')
    expect(metrics.sessions).to.be.at.least(1)
    expect(metrics.issued).to.be.at.least(1)
    const {json: health} = await admin('GET', '/oauth/health')
    expect(health.ok, JSON.stringify(health.checks)).to.equal(true)
    const {json: status} = await admin('GET', '/oauth/proxies')
    expect(status.items[0]).to.deep.include({hostname: '127.0.0.1', protected: true, resources: [url]})
  })

  it('the official conformance suite for authorization servers passes 3/0', async function () {
    this.timeout(60_000)
    const registered = await ask(`${issuer}/register`, {
      json: {
        client_name: 'conformance',
        redirect_uris: ['http://127.0.0.1:3777/callback'],
        token_endpoint_auth_method: 'none',
      },
    })
    const entry = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'))
    const words = ['authorization', '--url', issuer, '--client-id', registered.json.client_id, '-p', '3777']
    const child = spawn(process.execPath, [entry, ...words], {stdio: ['ignore', 'pipe', 'pipe']})
    let output = ''
    let visited = false
    const read = (chunk: Buffer): void => {
      output += chunk
      const found = /(http:\/\/localhost:\d+\/authorize\?\S+)/.exec(output)?.[1]
      if (found === undefined || visited) return
      visited = true
      void visit(new URL(found)).then(returned => fetch(returned))
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    const [code] = await once(child, 'exit')
    expect(output).to.match(/3 passed, 0 failed/)
    expect(code).to.equal(0)
  })
})
