// Protection through the gateway: challenges, audiences, scopes, allow lists, identity, keys, browser logins, /verify.
import {createServer, type IncomingMessage, type Server} from 'node:http'
import {type AddressInfo, connect, type Socket} from 'node:net'
import {expect} from 'chai'
import {createLocalJWKSet, importJWK, type JWK, jwtVerify, SignJWT} from 'jose'
import type {ProxyAuth} from '../../../src/core/contract/protection.ts'
import {keyId} from '../../../src/core/store/records.ts'
import {makeSecret, secretHash} from '../../../src/core/store/seal.ts'
import {
  claimsOf,
  registerClient,
  type Sent,
  startTestOAuth,
  type TestOAuth,
  tokens,
} from '../../support/oauth.ts'
import {mirror} from '../../support/stage.ts'
import {until} from '../../support/until.ts'

const now = new Date().toISOString()
const common = {owner: 'ADMIN', created_at: now, updated_at: now}

describe('protected proxies', () => {
  let server: TestOAuth
  let upstream: Server
  let target_url: string
  let url: string
  let client: string
  let reached: IncomingMessage[]

  beforeEach(async () => {
    reached = []
    upstream = createServer((request, response) => {
      reached.push(request)
      if (request.url?.startsWith('/mcp')) response.setHeader('mcp-session-id', 'opened')
      mirror(request, response)
    })
    await new Promise<void>(resolve => upstream.listen(0, '127.0.0.1', resolve))
    target_url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
    server = await startTestOAuth({}, {gateway: true})
    client = await registerClient(server)
  })
  afterEach(async () => {
    await server.close()
    upstream.closeAllConnections()
    upstream.close()
  })

  const protect = async (auth: Partial<ProxyAuth> = {}, endpoint: string | null = '/mcp'): Promise<void> => {
    const options = {auth, target_url, ...(endpoint !== null && {endpoint})}
    url = await server.protect('127.0.0.1', options)
  }
  const token = async (scope?: string): Promise<string> =>
    (await tokens(server, {client, resource: url, ...(scope !== undefined && {scope})})).access_token
  const call = (bearer?: string, sent: Sent = {}, to = url) =>
    server.ask(to, {
      ...sent,
      headers: {...(bearer !== undefined && {authorization: `Bearer ${bearer}`}), ...sent.headers},
    })
  const change = async (auth: Partial<ProxyAuth>): Promise<void> => {
    await server.test.records.proxy.update('127.0.0.1', proxy => ({
      ...proxy,
      auth: {...proxy.auth, ...auth} as ProxyAuth,
    }))
  }

  it('challenges on every method of the endpoint, before anything reaches the server', async () => {
    await protect()
    const metadata = url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp')
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
      for (const to of [url, `${url}/`, `${url}/below`]) {
        const reply = await call(undefined, {method}, to)
        expect(reply.status, `${method} ${to}`).to.equal(401)
        expect(reply.headers['www-authenticate']).to.equal(
          `Bearer scope="mcp:read mcp:write", resource_metadata="${metadata}"`,
        )
        expect(reply.headers['access-control-expose-headers']).to.contain('WWW-Authenticate')
        if (method !== 'HEAD') expect(reply.json.code).to.equal('login-required')
      }
    }
    expect(reached).to.have.length(0)
  })

  it('answers preflights without a token, and shows browsers what they need', async () => {
    await protect()
    await server.test.records.proxy.update('127.0.0.1', proxy => ({
      ...proxy,
      allowed_origins: ['https://inspector.example'],
    }))
    const headers = {origin: 'https://inspector.example', 'access-control-request-method': 'POST'}
    await until(
      async () => (await call(undefined, {method: 'OPTIONS', headers})).status === 204,
      'the preflight is answered',
    )
    const reply = await call(undefined, {method: 'OPTIONS', headers})
    expect(reply.headers['access-control-allow-headers'])
      .to.match(/authorization/i)
      .and.match(/mcp-protocol-version/i)
    const answer = await call(await token(), {method: 'POST', headers: {origin: headers.origin}})
    expect(answer.headers['access-control-allow-origin']).to.equal('*')
    expect(answer.headers['access-control-expose-headers']).to.match(/mcp-session-id/i)
    expect(
      (
        await call(undefined, {
          method: 'POST',
          headers: {origin: 'https://evil.example', 'mcp-protocol-version': '1'},
        })
      ).status,
    ).to.equal(403)
  })

  it('lets a token in, tells the upstream who it is, and keeps token, cookies and forged identity back', async () => {
    await protect()
    const bearer = await token()
    const {status, json, headers} = await call(bearer, {
      method: 'POST',
      headers: {
        'x-auth-user': 'root',
        'X-Auth-Anything': 'forged',
        x_auth_groups: 'admins',
        'X.Auth!Name': 'forged',
        cookie: 'mine=1; mcpx_session=secret; mcpx-login=secret; __Secure-mcpx-resume=secret',
      },
    })
    expect(status).to.equal(200)
    expect(json.headers).to.include({
      'x-auth-user': 'ADMIN',
      'x-auth-subject': 'token:ADMIN',
      'x-auth-client': client,
      cookie: 'mine=1',
    })
    for (const name of ['authorization', 'x-auth-anything', 'x_auth_groups', 'x.auth!name'])
      expect(json.headers).to.not.have.property(name)
    expect(JSON.stringify(json)).to.not.contain(bearer)
    expect(headers['mcp-session-id']).to.match(/^opened\../)
  })

  it('tells it once more, signed for this proxy, which the keys at /jwks verify and no forgery passes', async () => {
    await protect()
    const asked = {headers: {'x-auth-assertion': 'forged'}}
    const {json} = await call(await token('mcp:read'), asked)
    const assertion = json.headers['x-auth-assertion']
    const jwks = createLocalJWKSet((await server.ask(`${server.issuer}/jwks`)).json)
    const options = {issuer: server.issuer, audience: new URL(url).origin, typ: 'mcpx-identity+jwt'}
    const {payload} = await jwtVerify(assertion, jwks, options)
    expect(payload).to.include({
      sub: 'token:ADMIN',
      username: 'ADMIN',
      client_id: client,
      scope: 'mcp:read',
    })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).to.equal(300)
    expect((await call(assertion)).status).to.equal(401)
    const other = await server.protect('other.localhost', {endpoint: '/mcp', target_url})
    const elsewhere = await call((await tokens(server, {client, resource: other})).access_token, {}, other)
    const moved = elsewhere.json.headers['x-auth-assertion']
    expect(await jwtVerify(moved, jwks, options).catch((error: Error) => error)).to.be.instanceOf(Error)
    await change({pass_headers: false})
    const bearer = await token()
    await until(
      async () => !('x-auth-assertion' in (await call(bearer, asked)).json.headers),
      'identity is kept back',
    )
  })

  it('never takes a token from the query', async () => {
    await protect()
    expect((await call(undefined, {}, `${url}?access_token=${await token()}`)).status).to.equal(401)
  })

  it('refuses a token for another resource, another issuer, altered or made up', async () => {
    await protect()
    const other = await server.protect('other.localhost', {endpoint: '/mcp', target_url})
    const foreign = (await tokens(server, {client, resource: other})).access_token
    const good = await token()
    const [head, body, signature] = good.split('.') as [string, string, string]
    const claims = Buffer.from(JSON.stringify({...claimsOf(good), sub: 'token:ROOT'})).toString('base64url')
    const none = Buffer.from(JSON.stringify({alg: 'none', typ: 'at+jwt'})).toString('base64url')
    for (const bad of [foreign, `${head}.${claims}.${signature}`, `${none}.${body}.`, 'nonsense', 'a.b.c']) {
      const reply = await call(bad)
      expect(reply.status).to.equal(401)
      expect(reply.headers['www-authenticate']).to.match(
        /^Bearer error="invalid_token", error_description="[^"]+", /,
      )
    }
    expect((await call(foreign)).json.detail).to.contain(`not for ${url}`)
    expect(reached).to.have.length(0)
  })

  it('answers 400 to what is no credential, and 401 to one that is not known (RFC 6750 §3.1)', async () => {
    await protect()
    const good = await token()
    const sent = async (authorization: string | string[], to = url) =>
      server.ask(to, {headers: {authorization} as Record<string, string>})
    for (const [authorization, to] of [
      ['Bearer', url],
      ['bearer ', url],
      ['Bearer two words', url],
      ['Bearer "quoted"', url],
      [`Bearer ${good}, Bearer ${good}`, url],
      [[`Bearer ${good}`, `Bearer ${good}`], url],
      [[`Bearer ${good}`, 'Basic eDp5'], url],
      [['Basic eDp5', `Bearer ${good}`], url],
      [`Bearer ${good}`, `${url}?access_token=${good}`],
    ] as const) {
      const reply = await sent(authorization as string, to)
      expect(reply.status, `${authorization} ${to}`).to.equal(400)
      expect(reply.headers['www-authenticate']).to.match(
        /^Bearer error="invalid_request", error_description="[^"]+", scope="[^"]+", resource_metadata="/,
      )
      expect(reply.json.code).to.equal('login-malformed')
    }
    expect(reached).to.have.length(0)
    for (const other of ['Basic eDp5', 'DPoP abc', 'Bearerx abc'])
      expect((await sent(other)).headers['www-authenticate'], other).to.match(/^Bearer scope=/)
    expect((await sent('Bearer un.kno-wn~+/==')).headers['www-authenticate']).to.contain('invalid_token')
    const own = await sent(`Bearer ${good}`, `${url}?access_token=of-the-upstream`)
    expect(own.status).to.equal(200)
    expect((await sent(`bearer  ${good} `)).status).to.equal(200)
    const verify = `${server.issuer}/verify?host=127.0.0.1`
    expect((await sent([`Bearer ${good}`, `Bearer ${good}`] as never, verify)).status).to.equal(400)
  })

  it('passes no secret of ours on where nobody needs a login', async () => {
    await protect({excluded_paths: ['/open'], mode: 'passthrough'})
    const good = await token()
    const open = url.replace('/mcp', '/open')
    for (const to of [open, url])
      for (const authorization of [
        `Bearer ${good}x`,
        'Bearer mpk_unknown',
        [`Bearer mine`, `Bearer ${good}`],
      ]) {
        const reply = await server.ask(to, {headers: {authorization} as Record<string, string>})
        expect(reply.status).to.equal(200)
        expect(reply.json.headers, `${authorization}`).to.not.have.property('authorization')
      }
    expect((await call('their-own', {}, open)).json.headers.authorization).to.equal('Bearer their-own')
  })

  it('keeps several resources on one host apart by path', async () => {
    await protect()
    const second = url.replace('/mcp', '/other')
    await server.test.records.resource.create(second, {
      uri: second,
      proxy_target: '127.0.0.1',
      scopes: ['other'],
      metadata_url: '',
      ...common,
    })
    const first = await token()
    await until(
      async () => (await call(first, {}, second)).status === 401,
      'the token of /mcp is refused at /other',
    )
    expect((await call(first)).status).to.equal(200)
    const own = (await tokens(server, {client, resource: second})).access_token
    expect((await call(own, {}, second)).status).to.equal(200)
    expect((await call(own)).status).to.equal(401)
  })

  it('asks for more scope with 403, and takes a broader scope for a narrower one', async () => {
    await protect({required_scopes: ['mcp:write']})
    const reply = await call(await token('mcp:read'))
    expect(reply.status).to.equal(403)
    expect(reply.headers['www-authenticate']).to.match(
      /^Bearer error="insufficient_scope", error_description="[^"]+", scope="mcp:write", resource_metadata="/,
    )
    expect((await call(await token('mcp:write'))).status).to.equal(200)
    await change({required_scopes: ['mcp:read']})
    const broad = await token('mcp:write')
    await until(async () => (await call(broad)).status === 200, 'write covers read')
  })

  it('holds to changed allow lists and scopes within a second', async () => {
    await protect()
    const bearer = await token()
    expect((await call(bearer)).status).to.equal(200)
    await change({required_users: ['admin2', 'adm']})
    await until(async () => (await call(bearer)).status === 403, 'refused', 1000)
    expect((await call(bearer)).json.code).to.equal('access-denied')
    await change({required_users: ['admin']})
    await until(async () => (await call(bearer)).status === 200, 'let in again', 1000)
    await change({required_groups: ['staff']})
    await until(async () => (await call(bearer)).status === 403, 'refused', 1000)
  })

  it('tells people of different logins with the same name apart', async () => {
    await protect({required_users: ['token:admin']})
    expect((await call(await token())).status).to.equal(200)
    for (const user of ['github:admin', 'oidc:admin', 'admin2']) {
      await change({required_users: [user]})
      const bearer = await token()
      await until(async () => (await call(bearer)).status === 403, `${user} alone may pass`)
    }
  })

  it('refuses a revoked session within a second', async () => {
    await protect()
    const bearer = await token()
    expect((await call(bearer)).status).to.equal(200)
    await server.oauth.storage.revokeGrant(claimsOf(bearer).sid)
    await until(async () => (await call(bearer)).status === 401, 'refused', 1000)
    expect((await call(bearer)).json.detail).to.contain('revoked')
  })

  it('binds an MCP session to whom it was opened for', async () => {
    await protect()
    const opened = String((await call(await token(), {method: 'POST'})).headers['mcp-session-id'])
    const key = makeSecret('mpk_')
    await server.test.records.key.create(keyId('127.0.0.1', 'job'), {
      name: 'job',
      hostname: '127.0.0.1',
      hash: secretHash(key),
      ...common,
    })
    await until(async () => (await call(key)).status === 200, 'the key is known')
    expect((await call(await token(), {headers: {'mcp-session-id': opened}})).status).to.equal(200)
    const stolen = await call(key, {headers: {'mcp-session-id': opened}})
    expect(stolen.status).to.equal(404)
    expect(stolen.json.code).to.equal('session-unknown')
  })

  it('takes proxy keys of this host, by Authorization or x-api-key, until they are revoked or end', async () => {
    await protect()
    const {key: keys} = server.test.records
    const add = async (name: string, hostname: string, expires_at?: string): Promise<string> => {
      const secret = makeSecret('mpk_')
      const record = {name, hostname, hash: secretHash(secret), ...(expires_at && {expires_at}), ...common}
      await keys.create(keyId(hostname, name), record)
      return secret
    }
    const [good, ended, elsewhere] = await Promise.all([
      add('good', '127.0.0.1'),
      add('ended', '127.0.0.1', '2020-01-01T00:00:00Z'),
      add('good', 'other.localhost'),
    ])
    await until(async () => (await call(good)).status === 200, 'the key is known')
    const reply = await call(undefined, {headers: {'x-api-key': good}})
    expect(reply.status).to.equal(200)
    expect(reply.json.headers).to.include({'x-auth-user': 'key:good'}).and.not.have.property('x-api-key')
    for (const bad of [ended, elsewhere, 'mpk_made-up']) expect((await call(bad)).status).to.equal(401)
    await keys.delete(keyId('127.0.0.1', 'good'))
    await until(async () => (await call(good)).status === 401, 'revoked', 1000)
  })

  it('leaves excluded paths open, and only those', async () => {
    await protect({excluded_paths: ['/health']})
    for (const [path, status] of [
      ['/health', 200],
      ['/health/live', 200],
      ['/healthy', 401],
      ['/health/../mcp', 401],
      ['/health/..;/mcp', 401],
      ['/%68ealth', 200],
    ] as const) {
      const reply = await call(undefined, {headers: {'x-auth-user': 'root'}}, url.replace('/mcp', path))
      expect(reply.status, path).to.equal(status)
      if (status === 200) expect(reply.json.headers).to.not.have.property('x-auth-user')
    }
  })

  it('passthrough: adds who it is when it is known, and lets everybody else pass', async () => {
    await protect({mode: 'passthrough'})
    expect((await call(await token())).json.headers['x-auth-user']).to.equal('ADMIN')
    const anonymous = await call(undefined, {headers: {'x-auth-user': 'root'}})
    expect(anonymous.status).to.equal(200)
    expect(anonymous.json.headers).to.not.have.property('x-auth-user')
    expect((await call('their-own')).json.headers.authorization).to.equal('Bearer their-own')
    const revoked = await token()
    await server.oauth.storage.revokeGrant(claimsOf(revoked).sid)
    await until(async () => !('x-auth-user' in (await call(revoked)).json.headers), 'revoked')
    expect((await call(revoked)).json.headers).to.not.have.property('authorization')
  })

  describe('redirect', () => {
    const site = () => `http://127.0.0.1:${server.port}`
    const origins = () => [server.issuer, site()]
    const enter = async (person = server.person(), path = '/start?a=1') => {
      let page = await person.follow(site() + path, origins())
      expect(page.reply.text).to.contain('Log in to continue')
      page = await person.press(page, 'login', {method: 'token', token: server.adminToken}, origins())
      return {person, page}
    }

    it('sends browsers through the login and back, and keeps them logged in by a cookie', async () => {
      await protect({mode: 'redirect'}, null)
      const {person, page} = await enter()
      expect(page.url).to.equal(`${site()}/start?a=1`)
      expect(page.reply.json.headers['x-auth-user']).to.equal('ADMIN')
      expect(page.reply.json.headers).to.not.have.property('cookie')
      const kept = person.cookies.get('127.0.0.1 mcpx_session')
      expect(kept?.raw)
        .to.match(/HttpOnly/)
        .and.match(/SameSite=Lax/)
      expect((await person.visit(`${site()}/again`)).status).to.equal(200)
    })

    it('works for a name below localhost too', async () => {
      await server.protect('app.localhost', {auth: {mode: 'redirect'}, target_url})
      const origin = `http://app.localhost:${server.port}`
      const person = server.person()
      let page = await person.follow(`${origin}/start`, [server.issuer, origin])
      page = await person.press(page, 'login', {method: 'token', token: server.adminToken}, [
        server.issuer,
        origin,
      ])
      expect(page.url).to.equal(`${origin}/start`)
      expect(page.reply.json.headers['x-auth-user']).to.equal('ADMIN')
    })

    it('sends browsers that come by another proxy to the login of the host', async () => {
      await protect({mode: 'redirect'}, null)
      const {status, location} = await server.ask(`${server.issuer}/verify?host=127.0.0.1`, {
        headers: {accept: 'text/html', 'x-original-uri': '/page?a=1'},
      })
      expect(status).to.equal(303)
      expect(location?.href).to.equal(`${site()}/.mcpx/login?return=%2Fpage%3Fa%3D1`)
    })

    it('/verify takes the cookie for pages of the host itself, and for no other that would change something', async () => {
      await protect({mode: 'redirect'}, null)
      const {person} = await enter()
      const cookie = `mcpx_session=${person.cookies.get('127.0.0.1 mcpx_session')?.value}`
      const verify = async (method: string, origin: string): Promise<number> => {
        const headers = {cookie, origin, 'x-original-method': method, 'x-original-uri': '/form'}
        return (await server.ask(`${server.issuer}/verify?host=127.0.0.1`, {headers})).status
      }
      expect(await verify('POST', site())).to.equal(200)
      expect(await verify('GET', 'https://evil.example')).to.equal(200)
      expect(await verify('POST', 'https://evil.example')).to.equal(401)
      expect(await verify('POST', server.issuer)).to.equal(401)
    })

    it('never redirects a program', async () => {
      await protect({mode: 'redirect'}, null)
      const programs: Sent[] = [
        {headers: {accept: 'application/json'}},
        {headers: {accept: 'text/html'}, method: 'POST'},
        {headers: {accept: 'text/html', 'sec-fetch-mode': 'cors'}},
        {headers: {accept: 'text/html, */*; q=0.01', 'x-requested-with': 'XMLHttpRequest'}},
        {headers: {accept: 'text/html', connection: 'upgrade', upgrade: 'websocket'}},
        {
          headers: {
            accept: 'application/json, text/event-stream, text/html',
            'mcp-protocol-version': '2025-11-25',
          },
        },
        {headers: {accept: 'text/html', authorization: 'Bearer nonsense'}},
      ]
      for (const sent of programs)
        expect((await server.ask(`${site()}/`, sent)).status, JSON.stringify(sent)).to.equal(401)
    })

    it('asks a browser whose login has ended for a new one, and tells a program', async () => {
      await protect({mode: 'redirect'}, null)
      const {person} = await enter()
      const bearer = person.cookies.get('127.0.0.1 mcpx_session')?.value ?? ''
      await server.oauth.storage.revokeToken(claimsOf(bearer).jti)
      const cookie = `mcpx_session=${bearer}`
      const visit = (value: string, accept = 'text/html') =>
        server.ask(`${site()}/page`, {headers: {cookie: value, accept}})
      await until(async () => (await visit(cookie)).status !== 200, 'the login has ended')
      for (const value of [cookie, 'mcpx_session=nonsense', 'mcpx_session=']) {
        const reply = await visit(value)
        expect(reply.status, value).to.equal(303)
        expect(reply.location?.pathname).to.equal('/.mcpx/login')
        const program = await visit(value, '*/*')
        expect(program.status).to.equal(401)
        expect(program.headers['www-authenticate']).to.not.contain('error=')
      }
    })

    it('tells a person whose account may not pass how to use another', async () => {
      await protect({mode: 'redirect', required_users: ['somebody-else']}, null)
      const {page} = await enter()
      expect(page.reply.status).to.equal(403)
      expect(page.reply.text).to.contain('ADMIN is not on the allow list').and.contain('/.mcpx/logout')
    })

    it('leads nowhere else after a login', async () => {
      await protect({mode: 'redirect'}, null)
      for (const evil of [
        'https://evil.example/',
        '//evil.example/',
        '/\\evil.example',
        'javascript:alert(1)',
      ]) {
        const {page} = await enter(server.person(), `/.mcpx/login?return=${encodeURIComponent(evil)}`)
        expect(new URL(page.url).origin, evil).to.equal(site())
      }
    })

    it('takes an answer only in the browser that asked, once, from the right issuer', async () => {
      await protect({mode: 'redirect'}, null)
      const person = server.person()
      let page = await person.follow(`${site()}/`, origins())
      page = await person.press(page, 'login', {method: 'token', token: server.adminToken}, [server.issuer])
      const back = page.reply.location?.href ?? ''
      expect((await server.person().visit(back)).status).to.equal(400)
      expect(
        (await person.visit(back.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example'))).status,
      ).to.equal(400)
    })

    it('counts for no page of a sibling host that would change something or open a WebSocket', async () => {
      await protect({mode: 'redirect'}, null)
      const {person} = await enter()
      const cookie = `mcpx_session=${person.cookies.get('127.0.0.1 mcpx_session')?.value}`
      const sent = async (method: string, origin: string): Promise<number> =>
        (await server.ask(`${site()}/`, {method, headers: {cookie, origin}})).status
      const sibling = 'http://evil.localhost:9'
      for (const [method, origin, status] of [
        ['POST', site(), 200],
        ['GET', sibling, 200],
        ['POST', sibling, 401],
        ['DELETE', sibling, 401],
      ] as const)
        expect(await sent(method, origin), `${method} from ${origin}`).to.equal(status)
    })

    it('ends with the logout, in every worker within a second', async () => {
      await protect({mode: 'redirect'}, null)
      const {person} = await enter()
      const cookie = `mcpx_session=${person.cookies.get('127.0.0.1 mcpx_session')?.value}`
      expect((await server.ask(`${site()}/`, {headers: {cookie}})).status).to.equal(200)
      await person.visit(`${site()}/.mcpx/logout`)
      await until(
        async () => (await server.ask(`${site()}/`, {headers: {cookie}})).status === 401,
        'logged out',
        1000,
      )
    })
  })

  it('/verify tells other proxies who it is', async () => {
    await protect({required_users: ['admin']})
    const bearer = await token()
    const verify = (headers: Record<string, string>) =>
      server.ask(`${server.issuer}/verify?host=127.0.0.1`, {headers: {'x-original-uri': '/mcp', ...headers}})
    const known = await verify({authorization: `Bearer ${bearer}`})
    expect(known.status).to.equal(200)
    expect(known.headers['x-auth-user']).to.equal('ADMIN')
    const unknown = await verify({})
    expect(unknown.status).to.equal(401)
    expect(unknown.headers['www-authenticate']).to.contain('resource_metadata')
    expect((await server.ask(`${server.issuer}/verify`)).status).to.equal(400)
  })

  describe('WebSocket', () => {
    const open = (bearer?: string): Promise<string> =>
      join(bearer === undefined ? '' : `Authorization: Bearer ${bearer}\r\n`)
    const join = (field: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(server.port, '127.0.0.1')
        socket.write(
          `GET /live HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
            `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Auth-User: root\r\n${field}\r\n`,
        )
        let said = ''
        socket.on('data', chunk => {
          said += chunk
          if (said.endsWith('hello')) socket.destroy()
        })
        socket.once('error', reject)
        socket.once('close', () => resolve(said))
      })

    beforeEach(() => {
      upstream.on('upgrade', (request: IncomingMessage, socket: Socket) => {
        reached.push(request)
        socket.on('error', () => {})
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello',
        )
      })
    })

    it('is refused without a token, with one for elsewhere, and with a revoked one', async () => {
      await protect({}, null)
      const other = await server.protect('other.localhost', {target_url})
      const foreign = (await tokens(server, {client, resource: other})).access_token
      const revoked = await token()
      await server.oauth.storage.revokeGrant(claimsOf(revoked).sid)
      await until(async () => (await call(revoked)).status === 401, 'revoked')
      for (const bearer of [undefined, foreign, revoked, 'nonsense'])
        expect(await open(bearer))
          .to.match(/^HTTP\/1\.1 401 /)
          .and.match(/www-authenticate: Bearer /i)
      expect(reached).to.have.length(0)
    })

    it('counts for the cookie of a login only when a page of the host itself opens it', async () => {
      await protect({mode: 'redirect'}, null)
      const site = `http://127.0.0.1:${server.port}`
      const origins = [server.issuer, site]
      const person = server.person()
      const page = await person.follow(`${site}/`, origins)
      await person.press(page, 'login', {method: 'token', token: server.adminToken}, origins)
      const field = `Cookie: mcpx_session=${person.cookies.get('127.0.0.1 mcpx_session')?.value}\r\n`
      const before = reached.length
      for (const origin of [`http://evil.localhost:${server.port}`, 'http://127.0.0.1:1', 'null'])
        expect(await join(`${field}Origin: ${origin}\r\n`), origin).to.match(/^HTTP\/1\.1 40[13] /)
      expect(reached).to.have.length(before)
      expect(await join(`${field}Origin: ${site}\r\n`)).to.match(/^HTTP\/1\.1 101 /)
      expect(reached.at(-1)?.headers).to.include({'x-auth-user': 'ADMIN'}).and.not.have.property('cookie')
    })

    it('is joined with a token, and the upstream is told who it is', async () => {
      await protect({}, null)
      expect(await open(await token())).to.match(/^HTTP\/1\.1 101 /)
      expect(reached[0]?.headers).to.include({'x-auth-user': 'ADMIN'})
      expect(reached[0]?.headers).to.not.have.property('authorization')
    })
  })

  it('guards both ends of HTTP+SSE: the stream and the messages posted beside it', async () => {
    const events = createServer((request, response) => {
      reached.push(request)
      if (request.method === 'POST') return void response.writeHead(202).end()
      response.writeHead(200, {'content-type': 'text/event-stream'})
      response.end('event: endpoint\ndata: /message?sessionId=1\n\n')
    })
    await new Promise<void>(resolve => events.listen(0, '127.0.0.1', resolve))
    target_url = `http://127.0.0.1:${(events.address() as AddressInfo).port}`
    try {
      await protect({}, '/sse')
      const bearer = await token()
      const message = url.replace('/sse', '/message?sessionId=1')
      expect((await call(undefined)).status).to.equal(401)
      expect((await call(undefined, {json: {}}, message)).status).to.equal(401)
      expect(reached).to.have.length(0)
      expect((await call(bearer)).text).to.contain('data: /message?sessionId=1')
      expect((await call(bearer, {json: {}}, message)).status).to.equal(202)
    } finally {
      events.closeAllConnections()
      events.close()
    }
  })

  it('refuses a token that our key signed for another issuer, as another type, or without an end', async () => {
    await protect()
    const good = claimsOf(await token())
    const [key] = await server.test.records.signingKey.list({limit: 1}).then(({items}) => items)
    if (!key) throw new Error('no key')
    const sign = async (claims: object, typ = 'at+jwt'): Promise<string> =>
      new SignJWT({...good, ...claims})
        .setProtectedHeader({alg: key.alg, kid: key.kid, typ})
        .sign(await importJWK(key.private_jwk as JWK, key.alg))
    expect((await call(await sign({}))).status).to.equal(200)
    for (const bad of [
      await sign({iss: 'https://evil.example'}),
      await sign({iss: `${server.issuer}/`}),
      await sign({}, 'JWT'),
      await sign({exp: undefined}),
      await sign({jti: undefined}),
      await sign({aud: [server.issuer]}),
    ])
      expect((await call(bad)).status, bad).to.equal(401)
    const ended = await call(await sign({exp: Math.floor(Date.now() / 1000) - 1}))
    expect(ended.status).to.equal(401)
    expect(ended.headers['www-authenticate'])
      .to.contain('error="invalid_token"')
      .and.contain('the access token has expired')
  })

  it('lets a token end while it is remembered', async () => {
    await protect()
    const bearer = await token()
    expect((await call(bearer)).status).to.equal(200)
    const now = Date.now
    Date.now = () => now() + 1801_000
    try {
      expect((await call(bearer)).status).to.equal(401)
    } finally {
      Date.now = now
    }
  })

  it('leaves `/token` and the like to a host that is no protected MCP server', async () => {
    await protect({}, null)
    const bearer = await token()
    expect((await call(bearer, {}, `http://127.0.0.1:${server.port}/token`)).json.url).to.equal('/token')
    expect((await call(undefined, {}, `http://127.0.0.1:${server.port}/token`)).status).to.equal(401)
  })
})
