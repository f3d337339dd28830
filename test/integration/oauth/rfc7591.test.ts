// RFC 7591 and 7592: clients that register themselves, as real ones do, and look after their registration.
import {expect} from 'chai'
import {logIn, redirectUri, startTestOAuth, type TestOAuth} from '../../support/oauth.ts'

describe('RFC 7591 and 7592: registration', () => {
  let server: TestOAuth
  before(async () => {
    server = await startTestOAuth()
    await server.protect('127.0.0.1', {endpoint: '/mcp'})
  })
  after(() => server.close())

  const register = (json: unknown) => server.ask(`${server.issuer}/register`, {json})

  const real: [who: string, metadata: Record<string, unknown>][] = [
    [
      'Claude',
      {
        redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
        token_endpoint_auth_method: 'client_secret_post',
        scope: 'claudeai offline_access',
      },
    ],
    [
      'Cursor',
      {
        redirect_uris: [
          'cursor://anysphere.cursor-mcp/oauth/callback',
          'https://www.cursor.com/agents/mcp/oauth/callback',
          'http://localhost:8787/callback',
        ],
        application_type: 'web',
        token_endpoint_auth_method: 'none',
      },
    ],
    [
      'VS Code',
      {
        redirect_uris: ['http://127.0.0.1:33418/', 'http://127.0.0.1/', 'https://vscode.dev/redirect'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        application_type: 'native',
        token_endpoint_auth_method: 'none',
      },
    ],
    [
      'mcp-remote',
      {
        redirect_uris: ['http://localhost:7420/oauth/callback'],
        token_endpoint_auth_method: 'none',
        scope: 'openid email profile',
        software_id: 'x',
        client_uri: '',
      },
    ],
  ]
  for (const [who, metadata] of real) {
    it(`registers ${who} as it asks`, async () => {
      const {status, json} = await register({client_name: who, ...metadata})
      expect(status, JSON.stringify(json)).to.equal(201)
      expect(json.redirect_uris).to.deep.equal(metadata['redirect_uris'])
      expect(json.grant_types).to.deep.equal(['authorization_code', 'refresh_token'])
      expect(json.client_id).to.be.a('string')
    })
  }

  for (const uri of [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'http://evil.example/callback',
    'https://a.example/#x',
    'https://claude.ai@evil.example/callback',
    'ftp://evil.example/callback',
    'view-source:https://evil.example/',
    'mailto:evil@evil.example',
    'nonsense',
  ]) {
    it(`refuses the redirect URI ${uri} with the JSON error of the standard`, async () => {
      const {status, json, headers} = await register({redirect_uris: [uri]})
      expect(status).to.equal(400)
      expect(json.error).to.equal('invalid_redirect_uri')
      expect(headers['content-type']).to.contain('application/json')
    })
  }

  it('answers what is no JSON object with JSON, also to a browser', async () => {
    for (const headers of [{}, {accept: 'text/html'}]) {
      const {status, json} = await server.ask(`${server.issuer}/register`, {json: [1], headers})
      expect(status).to.equal(400)
      expect(json.error).to.equal('invalid_request')
    }
  })

  it('keeps nothing huge', async () => {
    const {status, json} = await register({redirect_uris: [redirectUri], client_name: 'x'.repeat(20_000)})
    expect(status).to.equal(413)
    expect(json.error).to.equal('invalid_request')
  })

  it('lets browsers of other origins register', async () => {
    const {status, headers} = await server.ask(`${server.issuer}/register`, {
      method: 'OPTIONS',
      headers: {origin: 'https://inspector.example', 'access-control-request-method': 'POST'},
    })
    expect(status).to.equal(204)
    expect(headers['access-control-allow-origin']).to.equal('*')
    expect((await register({redirect_uris: [redirectUri]})).headers['access-control-allow-origin']).to.equal(
      '*',
    )
  })

  it('keeps the secret of a client sealed at rest', async () => {
    const {json} = await register({redirect_uris: [redirectUri]})
    expect(json.client_secret).to.have.length.above(30)
    const {redis, prefix} = server.test.store
    const [, keys] = await redis.scan(
      '0',
      'MATCH',
      `${prefix.replace(/[{}]/g, '')}values:Client:*`,
      'COUNT',
      10_000,
    )
    for (const key of keys)
      expect(JSON.stringify(await redis.hgetall(key))).to.not.contain(json.client_secret)
    expect(keys.join()).to.not.contain(json.client_id)
  })

  it('shows, changes and deletes a registration with its own token (RFC 7592)', async () => {
    const {json} = await register({
      client_name: 'One',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    })
    const {client_id, registration_client_uri: uri, registration_access_token: token} = json
    const headers = {authorization: `Bearer ${token}`}
    expect((await server.ask(uri)).status).to.equal(401)
    expect((await server.ask(uri, {headers: {authorization: 'Bearer wrong'}})).status).to.equal(401)
    expect((await server.ask(uri, {headers})).json.client_name).to.equal('One')
    const changed = await server.ask(uri, {
      method: 'PUT',
      headers,
      json: {client_id, client_name: 'Two', redirect_uris: [redirectUri], token_endpoint_auth_method: 'none'},
    })
    expect(changed.status, changed.text).to.equal(200)
    expect((await server.ask(uri, {headers})).json.client_name).to.equal('Two')
    expect((await server.ask(uri, {method: 'DELETE', headers})).status).to.equal(204)
    expect((await server.ask(uri, {headers})).status).to.equal(401)
  })

  it('takes any loopback port of a registered address (RFC 8252 §7.3), and nothing else', async () => {
    const {json} = await register({
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
      token_endpoint_auth_method: 'none',
    })
    for (const redirect of ['http://127.0.0.1:1234/callback', 'http://localhost:65000/callback']) {
      const {returned} = await logIn(server, {client: json.client_id, redirect})
      expect(returned.origin + returned.pathname).to.equal(redirect)
    }
    const url = `${server.issuer}/authorize?client_id=${json.client_id}&response_type=code&redirect_uri=`
    for (const other of [
      'http://127.0.0.1:1234/other',
      'https://evil.example/callback',
      'http://127.0.0.1.evil.example/callback',
    ]) {
      const {status, location} = await server.ask(url + encodeURIComponent(other))
      expect(status, other).to.equal(400)
      expect(location, other).to.equal(undefined)
    }
  })
})
