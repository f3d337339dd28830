// RFC 6749 and OAuth 2.1: codes and refresh tokens, used once.
import {expect} from 'chai'
import {
  claimsOf,
  exchange,
  logIn,
  type Reply,
  redirectUri,
  refresh,
  registerClient,
  startTestOAuth,
  type TestOAuth,
  tokens,
} from '../../support/oauth.ts'

describe('RFC 6749: codes and refresh tokens', () => {
  let server: TestOAuth
  let resource: string
  let client: string
  beforeEach(async () => {
    server = await startTestOAuth()
    resource = await server.protect('127.0.0.1', {endpoint: '/mcp'})
    client = await registerClient(server)
  })
  afterEach(() => server.close())

  it('logs a person in, asks for consent, and gives tokens for the resource', async () => {
    const login = await logIn(server, {client, resource})
    expect(login.pages).to.deep.equal(['login', 'consent'])
    expect(login.returned.searchParams.get('state')).to.equal('the-state')
    const {status, headers, json} = await exchange(server, client, login)
    expect(status, JSON.stringify(json)).to.equal(200)
    expect(headers['cache-control']).to.contain('no-store')
    expect(headers['content-type']).to.contain('application/json')
    expect(json.token_type).to.equal('Bearer')
    expect(json.scope).to.equal('mcp:read mcp:write')
    const claims = claimsOf(json.access_token)
    expect(claims).to.include({
      iss: server.issuer,
      aud: resource,
      client_id: client,
      sub: 'token:ADMIN',
      username: 'ADMIN',
    })
    expect(claims.exp - claims.iat).to.equal(1800)
    expect(json.refresh_token).to.be.a('string')
  })

  it('lets exactly one of 50 concurrent exchanges of a code succeed, and leaves nothing usable', async () => {
    const login = await logIn(server, {client, resource})
    const replies = await Promise.all(Array.from({length: 50}, () => exchange(server, client, login)))
    const won = replies.filter(({status}) => status === 200)
    expect(won).to.have.length(1)
    expect(new Set(replies.filter(({status}) => status !== 200).map(({json}) => json.error))).to.deep.equal(
      new Set(['invalid_grant']),
    )
    const {access_token, refresh_token} = (won[0] as Reply).json
    expect(await server.test.records.revocations.has(claimsOf(access_token).jti)).to.equal(true)
    expect((await refresh(server, client, refresh_token)).json.error).to.equal('invalid_grant')
  })

  it('revokes everything granted when a code is replayed later', async () => {
    const login = await logIn(server, {client, resource})
    const {json} = await exchange(server, client, login)
    const replay = await exchange(server, client, login)
    expect(replay.status).to.equal(400)
    expect(replay.json.error).to.equal('invalid_grant')
    expect((await refresh(server, client, json.refresh_token)).json.error).to.equal('invalid_grant')
    expect(await server.test.records.revocations.has(claimsOf(json.access_token).jti)).to.equal(true)
  })

  for (const method of ['client_secret_post', 'client_secret_basic']) {
    it(`takes a client with ${method}, by its secret alone`, async () => {
      const registered = await server.ask(`${server.issuer}/register`, {
        json: {redirect_uris: [redirectUri], token_endpoint_auth_method: method},
      })
      const {client_id, client_secret} = registered.json
      const login = await logIn(server, {client: client_id, resource})
      const ask = (secret: string): Promise<Reply> => {
        const basic = Buffer.from(`${client_id}:${secret}`).toString('base64')
        const posts = method === 'client_secret_post'
        return server.ask(`${server.issuer}/token`, {
          headers: posts ? {} : {authorization: `Basic ${basic}`},
          form: {
            grant_type: 'authorization_code',
            code: login.returned.searchParams.get('code') ?? '',
            redirect_uri: redirectUri,
            code_verifier: login.verifier,
            ...(posts && {client_id, client_secret: secret}),
          },
        })
      }
      for (const wrong of [`${client_secret}x`, client_secret.slice(0, -1)]) {
        const {status, json} = await ask(wrong)
        expect([status, json.error], wrong).to.deep.equal([401, 'invalid_client'])
      }
      const {status, json} = await ask(client_secret)
      expect(status, JSON.stringify(json)).to.equal(200)
    })
  }

  it('lets two concurrent refreshes succeed, and revokes the grant when an old one is used after the grace', async () => {
    const first = await tokens(server, {client, resource})
    const both = await Promise.all([
      refresh(server, client, first.refresh_token),
      refresh(server, client, first.refresh_token),
    ])
    expect(both.map(({status}) => status)).to.deep.equal([200, 200])
    const [one] = both
    const now = Date.now
    Date.now = () => now() + 31_000
    try {
      const late = await refresh(server, client, first.refresh_token)
      expect(late.json.error).to.equal('invalid_grant')
    } finally {
      Date.now = now
    }
    expect((await refresh(server, client, one?.json.refresh_token)).json.error).to.equal('invalid_grant')
  })
})
