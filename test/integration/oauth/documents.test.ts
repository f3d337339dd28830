// Client metadata documents (CIMD): clients that are an URL, fetched without reaching into our own network.
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {expect} from 'chai'
import {
  exchange,
  logIn,
  pkce,
  redirectUri,
  refresh,
  startTestOAuth,
  type TestOAuth,
} from '../../support/oauth.ts'

const id = 'https://client.example/oauth/metadata.json'

describe('client metadata documents', () => {
  let server: TestOAuth
  let host: Server
  let documents: Record<string, {status?: number; body: string; headers?: Record<string, string>}>
  let fetched: string[]

  beforeEach(async () => {
    documents = {}
    fetched = []
    host = createServer((request, response) => {
      const {status = 200, body, headers = {}} = documents[request.url ?? ''] ?? {status: 404, body: '{}'}
      response.writeHead(status, {'content-type': 'application/json', ...headers}).end(body)
    })
    await new Promise<void>(resolve => host.listen(0, '127.0.0.1', resolve))
    const {port} = host.address() as AddressInfo
    // What DNS and TLS do for the real thing: the name leads to the server of this test.
    const fetchHere = (url: string, init: RequestInit): Promise<Response> => {
      fetched.push(url)
      const {dispatcher: _, ...rest} = init as RequestInit & {dispatcher?: unknown}
      return fetch(`http://127.0.0.1:${port}${new URL(url).pathname}`, rest)
    }
    server = await startTestOAuth({}, {fetch: fetchHere})
    await server.protect('127.0.0.1', {endpoint: '/mcp'})
  })
  afterEach(async () => {
    await server.close()
    host.closeAllConnections()
    host.close()
  })

  const publish = (document: unknown, path = '/oauth/metadata.json', more = {}): void => {
    documents[path] = {body: typeof document === 'string' ? document : JSON.stringify(document), ...more}
  }
  const authorize = (client: string, redirect = redirectUri) =>
    server.ask(
      `${server.issuer}/authorize?${new URLSearchParams({client_id: client, redirect_uri: redirect, response_type: 'code', code_challenge: pkce().challenge, code_challenge_method: 'S256'})}`,
    )

  it('logs in with the document of Claude Code: port-less loopback addresses, no application_type', async () => {
    publish({
      client_id: id,
      client_name: 'Claude Code',
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
      scope: 'something of theirs',
    })
    const login = await logIn(server, {client: id})
    expect(login.pages).to.deep.equal(['login', 'consent'])
    const {json, status} = await exchange(server, id, login)
    expect(status, JSON.stringify(json)).to.equal(200)
    expect((await refresh(server, id, json.refresh_token)).status).to.equal(200)
    expect(fetched).to.deep.equal([id])
    expect(await server.oauth.storage.client(id)).to.include({kind: 'document', client_name: 'Claude Code'})
  })

  it('shows on the consent page who published it and where it leads', async () => {
    publish({
      client_id: id,
      client_name: '<b>Trust me</b>',
      redirect_uris: ['https://elsewhere.example/callback'],
    })
    const person = server.person()
    const redirect = 'https://elsewhere.example/callback'
    const query = {
      client_id: id,
      redirect_uri: redirect,
      response_type: 'code',
      code_challenge: pkce().challenge,
    }
    let page = await person.follow(
      `${server.issuer}/authorize?${new URLSearchParams({...query, code_challenge_method: 'S256'})}`,
      [server.issuer],
    )
    page = await person.press(page, 'login', {method: 'token', token: server.adminToken}, [server.issuer])
    expect(page.reply.text)
      .to.contain('client.example')
      .and.contain('elsewhere.example')
      .and.not.contain('<b>Trust me')
    expect(page.reply.headers['content-security-policy']).to.contain("frame-ancestors 'none'")
    expect(page.reply.headers['x-frame-options']).to.equal('DENY')
  })

  for (const [what, document] of [
    ['another client_id', {client_id: 'https://client.example/other', redirect_uris: [redirectUri]}],
    ['no redirect URIs', {client_id: id, client_name: 'x'}],
    ['a shared secret', {client_id: id, redirect_uris: [redirectUri], client_secret: 'x'}],
    ['an evil redirect URI', {client_id: id, redirect_uris: ['javascript:alert(1)']}],
    ['no JSON', 'not json'],
    ['more than 5 KiB', {client_id: id, redirect_uris: [redirectUri], client_name: 'x'.repeat(6000)}],
  ] as const) {
    it(`refuses a document with ${what}`, async () => {
      publish(document)
      const {status, json, location} = await authorize(id)
      expect(status).to.equal(400)
      expect(location).to.equal(undefined)
      expect(json.error).to.match(/^invalid_(client|client_metadata|redirect_uri)$/)
    })
  }

  it('refuses a redirect URI that is not in the document', async () => {
    publish({client_id: id, redirect_uris: ['https://client.example/callback']})
    expect((await authorize(id, 'https://evil.example/callback')).location).to.equal(undefined)
  })

  it('follows no redirect, and fetches only HTTPS addresses with a path', async () => {
    publish('{}', '/oauth/metadata.json', {status: 302, headers: {location: 'http://127.0.0.1/secret'}})
    expect((await authorize(id)).status).to.equal(400)
    for (const other of [
      'https://client.example',
      'https://client.example/',
      'http://client.example/x',
      'https://u:p@client.example/x',
      'https://client.example/a/../b',
    ])
      expect((await authorize(other)).status, other).to.equal(400)
    expect(new Set(fetched)).to.deep.equal(new Set([id]))
  })
})

describe('client metadata documents on private addresses', () => {
  it('are never fetched: a name that leads to this machine is cut off', async () => {
    let reached = 0
    const inside = createServer((_request, response) => {
      reached++
      response.end('{}')
    })
    inside.on('connection', socket => socket.on('data', () => reached++))
    await new Promise<void>(resolve => inside.listen(0, '127.0.0.1', resolve))
    const {port} = inside.address() as AddressInfo
    const server = await startTestOAuth()
    await server.protect('127.0.0.1', {endpoint: '/mcp'})
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433']) {
      const client = `https://${host}:${port}/metadata.json`
      const {status, json} = await server.ask(
        `${server.issuer}/authorize?client_id=${encodeURIComponent(client)}&response_type=code`,
      )
      expect(status, host).to.equal(400)
      expect(json.error, host).to.equal('invalid_client')
    }
    await server.close()
    inside.closeAllConnections()
    inside.close()
    expect(reached).to.equal(0)
  })
})
