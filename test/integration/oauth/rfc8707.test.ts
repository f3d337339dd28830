// RFC 8707, 7636 and 9207: for which resource, with which proof, from which server.
import {expect} from 'chai'
import {
  claimsOf,
  exchange,
  logIn,
  redirectUri,
  refresh,
  registerClient,
  startTestOAuth,
  type TestOAuth,
  tokens,
} from '../../support/oauth.ts'

describe('RFC 8707: resources', () => {
  let server: TestOAuth
  let resource: string
  let other: string
  let client: string
  before(async () => {
    server = await startTestOAuth()
    resource = await server.protect('127.0.0.1', {endpoint: '/mcp'})
    other = await server.protect('other.localhost', {endpoint: '/mcp', scopes: ['other:use']})
    client = await registerClient(server)
  })
  after(() => server.close())

  const authorize = (query: Record<string, string>) =>
    server.ask(
      `${server.issuer}/authorize?${new URLSearchParams({client_id: client, redirect_uri: redirectUri, response_type: 'code', state: 's', ...query})}`,
    )

  it('takes the variants clients send and issues for the canonical URI', async () => {
    const {origin} = new URL(resource)
    for (const variant of [
      resource,
      `${resource}/`,
      origin,
      `${origin}/`,
      resource.replace('http', 'HTTP'),
    ]) {
      const login = await logIn(server, {client, resource: variant})
      const {json, status} = await exchange(server, client, login, {resource: variant})
      expect(status, `${variant}: ${JSON.stringify(json)}`).to.equal(200)
      expect(claimsOf(json.access_token).aud).to.equal(resource)
    }
  })

  it('refuses an unknown resource, one that was not granted, and a fragment, with invalid_target', async () => {
    for (const unknown of ['https://evil.example/mcp', `${resource}#x`, 'nonsense']) {
      const reply = await authorize({
        resource: unknown,
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
      })
      expect(reply.location?.searchParams.get('error'), unknown).to.equal('invalid_target')
    }
    const login = await logIn(server, {client, resource})
    expect((await exchange(server, client, login, {resource: other})).json.error).to.equal('invalid_target')
    const {refresh_token} = await tokens(server, {client, resource})
    expect((await refresh(server, client, refresh_token, {resource: other})).json.error).to.equal(
      'invalid_target',
    )
    expect((await refresh(server, client, refresh_token, {resource})).status).to.equal(200)
  })

  it('gives the scopes of the resource when none, unknown ones or stray spaces are sent', async () => {
    for (const [scope, granted] of [
      [undefined, 'mcp:read mcp:write'],
      [' offline_access', 'mcp:read mcp:write'],
      ['  mcp:read   offline_access', 'mcp:read'],
      ['openid claudeai', 'openid mcp:read mcp:write'],
    ] as const) {
      const json = await tokens(server, {client, resource, ...(scope !== undefined && {scope})})
      expect(json.scope.split(' ').toSorted().join(' '), scope).to.equal(
        granted
          .split(' ')
          .filter(one => one !== 'openid')
          .toSorted()
          .join(' '),
      )
    }
    expect((await tokens(server, {client, resource: other, scope: 'mcp:read'})).scope).to.equal('other:use')
  })

  describe('RFC 7636: PKCE', () => {
    it('is required, with S256 alone', async () => {
      for (const query of [
        {},
        {code_challenge: 'x'.repeat(43)},
        {code_challenge: 'x'.repeat(43), code_challenge_method: 'plain'},
      ]) {
        const reply = await authorize({resource, ...query})
        expect(reply.location?.searchParams.get('error'), JSON.stringify(query)).to.equal('invalid_request')
      }
    })

    it('refuses a wrong or missing verifier', async () => {
      for (const verifier of ['y'.repeat(43), '']) {
        const login = await logIn(server, {client, resource})
        expect((await exchange(server, client, {...login, verifier})).status, verifier).to.equal(400)
      }
    })
  })

  describe('RFC 9207: iss', () => {
    it('stands in the answer and in every error', async () => {
      const {returned} = await logIn(server, {client, resource})
      expect(returned.searchParams.get('iss')).to.equal(server.issuer)
      const refused = await authorize({resource})
      expect(refused.location?.searchParams.get('iss')).to.equal(server.issuer)
      expect(refused.location?.searchParams.get('state')).to.equal('s')
    })
  })

  it('keeps a state of 2 KiB', async () => {
    const state = 'x'.repeat(2048)
    const {returned} = await logIn(server, {client, resource, extra: {state}})
    expect(returned.searchParams.get('state')).to.equal(state)
  })

  it('refuses a code after 60 seconds', async () => {
    const login = await logIn(server, {client, resource})
    const now = Date.now
    Date.now = () => now() + 61_000
    try {
      expect((await exchange(server, client, login)).json.error).to.equal('invalid_grant')
    } finally {
      Date.now = now
    }
  })

  it('refuses a code for another client or another redirect URI', async () => {
    const second = await registerClient(server)
    expect((await exchange(server, second, await logIn(server, {client, resource}))).json.error).to.equal(
      'invalid_grant',
    )
    const login = await logIn(server, {client, resource})
    const wrong = await exchange(server, client, login, {redirect_uri: 'http://127.0.0.1:9/callback'})
    expect(wrong.json.error).to.equal('invalid_grant')
  })

  it('answers errors at the token endpoint as JSON, whatever is accepted or sent', async () => {
    for (const sent of [
      {json: {a: 1}},
      {form: {grant_type: 'password'}},
      {form: {}, headers: {accept: 'text/html'}},
    ]) {
      const {status, json, headers} = await server.ask(`${server.issuer}/token`, sent)
      expect(status).to.equal(400)
      expect(json.error).to.be.a('string')
      expect(json.error_description).to.be.a('string')
      expect(headers['content-type']).to.contain('application/json')
    }
  })
})
