// Consent and its protections: the confused deputy, forged forms, other browsers (MCP security best practices).
import {expect} from 'chai'
import {
  exchange,
  logIn,
  Person,
  pkce,
  redirectUri,
  registerClient,
  startTestOAuth,
  type TestOAuth,
} from '../../support/oauth.ts'

describe('consent', () => {
  let server: TestOAuth
  let client: string
  let person: Person
  beforeEach(async () => {
    server = await startTestOAuth()
    await server.protect('127.0.0.1', {endpoint: '/mcp'})
    client = await registerClient(server)
    person = server.person()
  })
  afterEach(() => server.close())

  const begin = (who = person, id = client) =>
    who.follow(
      `${server.issuer}/authorize?${new URLSearchParams({client_id: id, redirect_uri: redirectUri, response_type: 'code', state: 's', code_challenge: pkce().challenge, code_challenge_method: 'S256'})}`,
      [server.issuer],
    )
  const toConsent = async (who = person) =>
    who.press(await begin(who), 'login', {method: 'token', token: server.adminToken}, [server.issuer])

  it('is asked for each client, and remembered for that client alone', async () => {
    expect((await logIn(server, {client, person})).pages).to.deep.equal(['login', 'consent'])
    expect((await logIn(server, {client, person})).pages).to.deep.equal([])
    const other = await registerClient(server)
    expect((await logIn(server, {client: other, person})).pages).to.deep.equal(['consent'])
  })

  it('is asked again once the session was revoked', async () => {
    const login = await logIn(server, {client, person})
    const {json} = await exchange(server, client, login)
    const {sid} = JSON.parse(Buffer.from(json.access_token.split('.')[1], 'base64url').toString())
    await server.oauth.storage.revokeGrant(sid)
    expect((await logIn(server, {client, person})).pages).to.deep.equal(['consent'])
  })

  it('that is refused sends access_denied, with iss and state', async () => {
    const page = await person.press(await toConsent(), 'consent', {action: 'deny'}, [server.issuer])
    const {location} = page.reply
    expect(location?.origin).to.equal('http://127.0.0.1:7777')
    expect(Object.fromEntries(location?.searchParams ?? [])).to.include({
      error: 'access_denied',
      state: 's',
      iss: server.issuer,
    })
  })

  it('takes a form only with its own CSRF token', async () => {
    const page = await toConsent()
    for (const csrf of ['', 'wrong', 'x'.repeat(43)]) {
      const reply = await person.visit(`${page.url}/consent`, {form: {csrf, action: 'allow'}})
      expect(reply.status, csrf).to.equal(403)
    }
    const other = await toConsent(server.person())
    const foreign = /name="csrf" value="([^"]+)"/.exec(other.reply.text)?.[1] ?? ''
    expect(
      (await person.visit(`${page.url}/consent`, {form: {csrf: foreign, action: 'allow'}})).status,
    ).to.equal(403)
  })

  it('takes a form only from our own origin and the browser that began', async () => {
    const page = await toConsent()
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.reply.text)?.[1] ?? ''
    const form = {csrf, action: 'allow'}
    const forged = await person.visit(`${page.url}/consent`, {
      form,
      headers: {origin: 'https://evil.example'},
    })
    expect(forged.status).to.equal(403)
    const stranger = new Person((url, sent) => server.ask(url, sent))
    expect((await stranger.visit(`${page.url}/consent`, {form})).status).to.equal(400)
    expect((await stranger.visit(page.url)).status).to.equal(400)
    expect(
      (await person.visit(`${page.url}/consent`, {form, headers: {origin: server.issuer}})).status,
    ).to.equal(303)
  })

  it('cannot be framed, cached or scripted', async () => {
    const {headers} = (await toConsent()).reply
    expect(headers['content-security-policy'])
      .to.contain("default-src 'none'")
      .and.contain("frame-ancestors 'none'")
    expect(headers['x-frame-options']).to.equal('DENY')
    expect(headers['cache-control']).to.equal('no-store')
    expect(headers['referrer-policy']).to.equal('same-origin')
  })

  it('says who vouches for the client, and shows its name as plain text', async () => {
    expect((await toConsent()).reply.text).to.contain('It registered itself; nobody has checked its name.')
    const made = await server.oauth.register({
      client_name: 'Dash',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    })
    expect((await begin(person, made.client_id)).reply.text)
      .to.contain('Allow Dash?')
      .and.contain('Whoever runs this mcpx registered it.')
    const client_name = `Good\u202eevil\u0000 <b>client</b>\u200b ${'x'.repeat(100)}`
    const {text} = (await begin(person, await registerClient(server, {client_name}))).reply
    expect(text).to.contain('<h1>Allow Good evil &#60;b&#62;client&#60;/b&#62; xxx').and.contain('…')
    for (const hidden of ['\u202e', '\u200b', '\u0000']) expect(text).to.not.contain(hidden)
  })

  it('refuses wrong admin tokens, and stops listening after ten', async () => {
    const page = await begin()
    for (let tries = 0; tries < 10; tries++) {
      const {reply} = await person.press(page, 'login', {method: 'token', token: `acm_${tries}`}, [
        server.issuer,
      ])
      expect(reply.status).to.equal(403)
    }
    const {reply} = await person.press(page, 'login', {method: 'token', token: server.adminToken}, [
      server.issuer,
    ])
    expect(reply.status).to.equal(429)
    expect(reply.text).to.contain('Too many attempts')
  })

  it('logs out of this browser only when asked from our own page', async () => {
    await logIn(server, {client, person})
    const page = await person.visit(`${server.issuer}/logout`)
    expect(page.text).to.contain('Log out?').and.contain('ADMIN')
    expect((await person.visit(`${server.issuer}/logout`, {form: {csrf: 'wrong'}})).status).to.equal(403)
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    await person.visit(`${server.issuer}/logout`, {form: {csrf}})
    expect((await begin()).reply.text).to.contain('Log in to continue')
  })
})
