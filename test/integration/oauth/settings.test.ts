// What oidc-provider does not do by itself, and how mcpx does: one test a line of that list.
import {createHmac, generateKeyPairSync, verify} from 'node:crypto'
import {expect} from 'chai'
import {Guard} from '../../../src/server/oauth/guard.ts'
import {usableKeys} from '../../../src/server/oauth/keys.ts'
import {
  claimsOf,
  exchange,
  logIn,
  pkce,
  redirectUri,
  refresh,
  registerClient,
  startTestOAuth,
  type TestOAuth,
  tokens,
} from '../../support/oauth.ts'
import {until} from '../../support/until.ts'

const day = 24 * 3600

/** What CSRF tokens of a server are made from. */
const secretOf = ({test}: TestOAuth): Promise<string> => test.store.firstStart('oauth-cookies', () => '')

/** Run with a clock that is `seconds` ahead. */
async function later<T>(seconds: number, run: () => Promise<T>): Promise<T> {
  const now = Date.now
  Date.now = () => now() + seconds * 1000
  try {
    return await run()
  } finally {
    Date.now = now
  }
}

describe('what oidc-provider leaves to us', () => {
  let server: TestOAuth
  let resource: string
  let client: string
  beforeEach(async () => {
    server = await startTestOAuth()
    resource = await server.protect('127.0.0.1', {endpoint: '/mcp'})
    client = await registerClient(server)
  })
  afterEach(() => server.close())

  const introspect = (token: string) =>
    server.ask(`${server.issuer}/introspect`, {form: {token, client_id: client}})

  /** Whether every replica lets a token in. */
  const holds = async (token: string, views = [server.oauth.view]): Promise<boolean[]> => {
    const proxy = await server.test.records.proxy.get('127.0.0.1')
    if (!proxy) throw new Error('no proxy')
    return Promise.all(
      views.map(view =>
        new Guard({issuer: server.issuer, protection: view.protection})
          .check({
            proxy,
            method: 'POST',
            target: '/mcp',
            header: name => (name === 'authorization' ? `Bearer ${token}` : undefined),
          })
          .then(
            () => true,
            () => false,
          ),
      ),
    )
  }

  it('1: revokes and introspects access tokens, on every replica within a second', async () => {
    const other = await server.replica()
    const views = [server.oauth.view, other.view]
    const {access_token} = await tokens(server, {client, resource})
    const shown = await introspect(access_token)
    expect(shown.json).to.include({
      active: true,
      client_id: client,
      aud: resource,
      scope: 'mcp:read mcp:write',
    })
    expect(await holds(access_token, views)).to.deep.equal([true, true])
    const revoked = await server.ask(`${server.issuer}/revoke`, {
      form: {token: access_token, client_id: client},
    })
    expect(revoked.status).to.equal(200)
    await until(async () => !(await holds(access_token, views)).includes(true), 'refused everywhere', 1000)
    expect((await introspect(access_token)).json).to.deep.equal({active: false})
  })

  it('1: neither introspects nor revokes for another client, nor what it did not sign', async () => {
    const {access_token} = await tokens(server, {client, resource})
    const other = await registerClient(server)
    const asked = await server.ask(`${server.issuer}/introspect`, {
      form: {token: access_token, client_id: other},
    })
    expect(asked.json).to.deep.equal({active: false})
    await server.ask(`${server.issuer}/revoke`, {form: {token: access_token, client_id: other}})
    expect((await introspect(access_token)).json.active).to.equal(true)
    const [head, body] = access_token.split('.')
    expect((await introspect(`${head}.${body}.AAAA`)).json).to.deep.equal({active: false})
  })

  it('3: refreshes on day 15 and 40, and asks nobody twice for the same client', async () => {
    const first = await tokens(server, {client, resource})
    const second = await later(15 * day, () => refresh(server, client, first.refresh_token))
    expect(second.status, second.text).to.equal(200)
    const third = await later(40 * day, () => refresh(server, client, second.json.refresh_token))
    expect(third.status, third.text).to.equal(200)
    const again = await logIn(server, {client, resource, person: server.person()})
    expect(again.pages).to.deep.equal(['login'])
    const narrow = await logIn(server, {client, resource, scope: 'mcp:read', person: server.person()})
    expect(narrow.pages).to.deep.equal(['login'])
  })

  it('3: keeps refresh token, grant and login as long as configured', async () => {
    const {refresh_token, access_token} = await tokens(server, {client, resource})
    const {values} = server.oauth.storage
    expect(await values.lifetime('RefreshToken', refresh_token)).to.be.within(30 * day - 60, 30 * day)
    expect(await values.lifetime('Grant', claimsOf(access_token).sid)).to.be.within(30 * day - 60, 30 * day)
  })

  it('4: rotates the signing key on every replica, and the old one holds until its tokens have ended', async () => {
    const other = await server.replica()
    const views = [server.oauth.view, other.view]
    const before = await tokens(server, {client, resource})
    const key = await server.oauth.keys.rotate()
    const known = () =>
      views.every(view => [...view.protection.signingKeys.values()].some(({kid}) => kid === key.kid))
    await until(known, 'both replicas have the new key', 1000)
    const after = await tokens(server, {client, resource})
    const kidOf = (jwt: string) =>
      JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid
    expect(kidOf(after.access_token)).to.equal(key.kid).and.not.equal(kidOf(before.access_token))
    for (const {access_token} of [before, after])
      expect(await holds(access_token, views)).to.deep.equal([true, true])
    const jwks = await server.ask(`${server.issuer}/jwks`)
    expect(jwks.json.keys.map(({kid}: {kid: string}) => kid)).to.include.members([
      key.kid,
      kidOf(before.access_token),
    ])
    expect(jwks.text).to.not.contain('"d"')
    expect((await refresh(server, client, before.refresh_token)).status).to.equal(200)
  })

  const headOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString())

  it('4: signs with ES256 where that is asked for, and what RS256 signed holds on', async () => {
    const before = await tokens(server, {client, resource})
    const other = await server.replica({OAUTH_JWT_ALGORITHM: 'ES256'})
    const known = () => usableKeys(server.oauth.view.protection.signingKeys.values())[0]?.alg === 'ES256'
    await until(known, 'the key reaches every replica')
    const after = await tokens(server, {client, resource})
    expect(headOf(before.access_token).alg).to.equal('RS256')
    expect(headOf(after.access_token)).to.include({alg: 'ES256', typ: 'at+jwt'})
    for (const {access_token} of [before, after])
      expect(await holds(access_token, [server.oauth.view, other.view])).to.deep.equal([true, true])
    expect((await introspect(after.access_token)).json.active).to.equal(true)
    const jwks = await server.ask(`${server.issuer}/jwks`)
    expect(jwks.json.keys.map(({alg}: {alg: string}) => alg)).to.have.members(['ES256', 'RS256'])
  })

  it('4: signs with the key of OAUTH_JWT_PRIVATE_KEY_B64', async () => {
    const {privateKey, publicKey} = generateKeyPairSync('rsa', {modulusLength: 2048})
    const pem = privateKey.export({type: 'pkcs8', format: 'pem'})
    const own = await startTestOAuth({OAUTH_JWT_PRIVATE_KEY_B64: Buffer.from(pem).toString('base64')})
    try {
      const uri = await own.protect('127.0.0.1', {endpoint: '/mcp'})
      const {access_token} = await tokens(own, {client: await registerClient(own), resource: uri})
      const [head, body, signature = ''] = access_token.split('.')
      const signed = Buffer.from(`${head}.${body}`)
      expect(verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))).to.equal(true)
      expect(await own.oauth.keys.list()).to.have.length(1)
    } finally {
      await own.close()
    }
  })

  it('5: has `__Host-` cookies over HTTPS, `__Secure-` where a path is fixed, plain ones on loopback', async () => {
    const person = server.person()
    await logIn(server, {client, resource, person})
    expect([...person.cookies.keys()].every(name => name.startsWith('localhost mcpx-'))).to.equal(true)
    const secure = await startTestOAuth({}, {issuer: 'https://auth.example.com'})
    try {
      const uri = await secure.protect('mcp.example.com', {endpoint: '/mcp'})
      const id = await registerClient(secure)
      const url = new URL('https://auth.example.com/authorize')
      const {challenge} = pkce()
      const query = {client_id: id, redirect_uri: redirectUri, response_type: 'code', resource: uri}
      url.search = new URLSearchParams({
        ...query,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      }).toString()
      const reply = await secure.ask(url.href, {headers: {accept: 'text/html'}})
      const cookies = (reply.headers['set-cookie'] ?? []).filter(one => !one.includes('.sig='))
      expect(cookies).to.have.length.at.least(2)
      for (const cookie of cookies) {
        expect(cookie)
          .to.match(/; httponly/i)
          .and.match(/; secure/i)
          .and.match(/; samesite=lax/i)
        if (cookie.startsWith('__Host-')) expect(cookie).to.match(/; path=\/;/i)
        else expect(cookie).to.match(/^__Secure-/)
      }
    } finally {
      await secure.close()
    }
  })

  it('6: takes the resource of the host asked, else the only one, else names the choices', async () => {
    const {access_token} = await tokens(server, {client})
    expect(claimsOf(access_token).aud).to.equal(resource)
    const second = await server.protect('other.localhost', {endpoint: '/mcp'})
    const url = `/authorize?client_id=${client}&response_type=code&redirect_uri=${encodeURIComponent(redirectUri)}&code_challenge=${pkce().challenge}&code_challenge_method=S256&state=s`
    const refused = await server.ask(server.issuer + url)
    expect(refused.location?.searchParams.get('error')).to.equal('invalid_target')
    expect(refused.location?.searchParams.get('error_description')).to.contain(resource).and.contain(second)
    expect(refused.location?.searchParams.get('iss')).to.equal(server.issuer)
    const mirrored = await server.ask(`http://other.localhost:${server.port}${url}`)
    expect(mirrored.status).to.equal(303)
    expect(mirrored.location?.origin).to.equal(server.issuer)
    expect(mirrored.location?.searchParams.get('resource')).to.equal(second)
  })

  it('7: limits registrations by address, and forgets a client that nobody used within a day', async () => {
    const {storage} = server.oauth
    expect(await storage.values.lifetime('Client', client)).to.be.within(day - 60, day)
    await tokens(server, {client, resource})
    expect(await storage.values.lifetime('Client', client)).to.be.within(90 * day - 60, 90 * day)
    const short = await startTestOAuth({OAUTH_CLIENT_LIFETIME: '3'})
    const used = await registerClient(short)
    await tokens(short, {client: used, resource: await short.protect('127.0.0.1', {endpoint: '/mcp'})})
    expect(await short.oauth.storage.values.lifetime('Client', used)).to.be.within(3 * day - 60, 3 * day)
    await short.close()
    const many = Array.from({length: 125}, () =>
      server.ask(`${server.issuer}/register`, {json: {redirect_uris: [redirectUri]}}),
    )
    const refused = (await Promise.all(many)).filter(({status}) => status === 429)
    expect(refused.length).to.be.within(5, 7)
    expect(refused[0]?.json.error).to.equal('temporarily_unavailable')
    expect(refused[0]?.headers['retry-after']).to.equal('600')
    const elsewhere = await server.ask(`${server.issuer}/register`, {
      json: {redirect_uris: [redirectUri]},
      headers: {'x-mcpx-peer': '203.0.113.9'},
    })
    expect(elsewhere.status).to.equal(201)
  })

  it('8: takes the admin token for a login only where the issuer is on loopback', async () => {
    expect(server.oauth.logins).to.deep.equal(['token'])
    const open = await startTestOAuth({}, {issuer: 'https://auth.example.com'})
    expect(open.oauth.logins).to.deep.equal([])
    const person = open.person()
    const there = await open.protect('mcp.example.com', {endpoint: '/mcp'})
    const query = {
      client_id: await registerClient(open),
      redirect_uri: redirectUri,
      response_type: 'code',
      resource: there,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    }
    const page = await person.follow(`${open.issuer}/authorize?${new URLSearchParams(query)}`, [open.issuer])
    expect(page.reply.text).to.contain('No login is set up here').and.not.contain('Admin token')
    // The form is not on the page; what it would send is known.
    const csrf = createHmac('sha256', await secretOf(open))
      .update(new URL(page.url).pathname.replace('/interaction/', 'interaction:'))
      .digest('base64url')
    const {reply} = await person.follow(`${page.url}/login`, [open.issuer], {
      form: {csrf, method: 'token', token: open.adminToken},
    })
    expect(reply.status).to.equal(403)
    expect(reply.text).to.contain('not the admin token')
    await open.close()
  })

  it('tells a client that is gone with 401 invalid_client, so that it registers again', async () => {
    const login = await logIn(server, {client, resource})
    await server.oauth.storage.deleteClient(client)
    const {status, json} = await exchange(server, client, login)
    expect(status).to.equal(401)
    expect(json.error).to.equal('invalid_client')
    const page = await server.ask(`${server.issuer}/authorize?client_id=${client}&response_type=code`, {
      headers: {accept: 'text/html'},
    })
    expect(page.status).to.equal(400)
    expect(page.text).to.contain('add it again')
    const machine = await server.ask(`${server.issuer}/authorize?client_id=${client}&response_type=code`)
    expect(machine.json).to.include({error: 'invalid_client', iss: server.issuer})
  })
})
