// Logins with the whole server: what holds while Redis is away and after a restart, and what a token that is not admin sees.
import {mkdtempSync, rmSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import {
  askPort,
  claimsOf,
  Person,
  type Reachable,
  type Reply,
  registerClient,
  type Sent,
  tokens,
} from '../../support/oauth.ts'
import {type OwnRedis, ownRedis} from '../../support/own-redis.ts'
import {type ServerOptions, startServer, type TestServer} from '../../support/server.ts'
import {mirror} from '../../support/stage.ts'
import {until} from '../../support/until.ts'

describe('logins with the whole server', function () {
  this.timeout(60_000)
  const cleanups: (() => unknown)[] = []
  let upstream: Server
  let target_url: string

  before(async () => {
    upstream = createServer(mirror)
    await new Promise<void>(resolve => upstream.listen(0, '127.0.0.1', resolve))
    target_url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  })
  after(() => {
    upstream.closeAllConnections()
    upstream.close()
  })
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  async function start(options: ServerOptions = {}): Promise<TestServer> {
    const server = await startServer(options)
    cleanups.push(() => server.stop())
    return server
  }

  /** The server as those who log in see it. */
  function seen({port, adminToken}: TestServer): Reachable {
    const ask = (url: string, sent: Sent = {}): Promise<Reply> => askPort(port, url, sent)
    return {issuer: `http://localhost:${port}`, adminToken, ask, person: () => new Person(ask)}
  }

  async function call(
    {port, adminToken}: TestServer,
    [method, path]: [string, string],
    json?: unknown,
    token = adminToken,
  ): Promise<Reply> {
    const headers = {authorization: `Bearer ${token}`}
    return askPort(port, `http://localhost:${port}/api/v1${path}`, {method, headers, json})
  }

  /** Publish `hostname` behind a login; answers its URL. */
  async function protect(server: TestServer, hostname: string, token?: string): Promise<string> {
    const made = await call(server, ['POST', '/proxy/targets'], {hostname, target_url}, token)
    expect(made.status, made.text).to.equal(201)
    const auth = await call(server, ['POST', `/proxy/targets/${hostname}/auth`], {}, token)
    expect(auth.status, auth.text).to.equal(200)
    const url = `http://${hostname}:${server.port}`
    await until(async () => (await askPort(server.port, url, {})).status === 401, `${hostname} is protected`)
    return url
  }

  it('go on with valid tokens while Redis is away, seen before or not', async () => {
    const redis: OwnRedis = await ownRedis()
    cleanups.push(() => redis.close())
    const server = await start({env: {REDIS_URL: redis.url}})
    const url = await protect(server, '127.0.0.1')
    const who = seen(server)
    const client = await registerClient(who)
    const [known, fresh] = [
      (await tokens(who, {client, resource: url})).access_token,
      (await tokens(who, {client, resource: url})).access_token,
    ]
    const visit = (token: string): Promise<Reply> =>
      who.ask(url, {headers: {authorization: `Bearer ${token}`}})
    expect((await visit(known)).status).to.equal(200)
    await redis.close()
    await until(
      async () => (await who.ask(`${who.issuer}/token`, {form: {client_id: client}})).status >= 500,
      'Redis is away for the authorization server',
    )
    for (const token of [known, fresh, known, fresh]) {
      const {status, json} = await visit(token)
      expect(status).to.equal(200)
      expect(json.headers['x-auth-user']).to.equal('ADMIN')
    }
    expect((await visit(`${fresh.slice(0, -4)}AAAA`)).status).to.equal(401)
    expect((await who.ask(url)).status).to.equal(401)
  })

  it('keep the issuer of the first start, and say so when the port has moved', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mcpx-test-'))
    cleanups.push(() => rmSync(home, {recursive: true, force: true}))
    const first = await startServer({home})
    const issuer = `http://localhost:${first.port}`
    await first.stop()
    const taken = createServer().listen(first.port, '127.0.0.1')
    cleanups.push(() => taken.close())
    const second = await start({home})
    expect(second.port).to.not.equal(first.port)
    const {json} = await askPort(
      second.port,
      `http://localhost:${second.port}/.well-known/oauth-authorization-server`,
      {},
    )
    expect(json.issuer).to.equal(issuer)
    expect(second.stdout() + second.stderr())
      .to.contain(`stays at ${issuer}`)
      .and.contain(`this port is ${second.port}`)
      .and.contain('OAUTH_ISSUER')
  })

  it('are shown to a token that is not admin as far as its own proxies go', async () => {
    const server = await start()
    const made = await call(server, ['POST', '/tokens'], {name: 'dana'})
    expect(made.status, made.text).to.equal(201)
    const dana: string = made.json.token
    const theirs = await protect(server, '127.0.0.1')
    const who = seen(server)
    const client = await registerClient(who)
    const own = await call(server, ['POST', '/proxy/targets'], {hostname: 'own.localhost'}, dana)
    expect(own.status, own.text).to.equal(201)
    await call(server, ['PATCH', '/proxy/targets/own.localhost'], {target_url})
    await call(server, ['POST', '/proxy/targets/own.localhost/auth'], {}, dana)
    const ownUrl = `http://own.localhost:${server.port}`
    await until(async () => (await who.ask(ownUrl)).status === 401, 'own.localhost is protected')
    const foreign = claimsOf((await tokens(who, {client, resource: theirs})).access_token)
    const visible = claimsOf((await tokens(who, {client, resource: ownUrl})).access_token)
    const asDana = (method: string, path: string): Promise<Reply> =>
      call(server, [method, path], undefined, dana)
    const {json: shown} = await asDana('GET', '/oauth/tokens')
    expect(shown.items.map(({jti}: {jti: string}) => jti)).to.deep.equal([visible.jti])
    expect((await asDana('GET', `/oauth/tokens/${foreign.jti}`)).status).to.equal(404)
    expect((await asDana('DELETE', `/oauth/tokens/${foreign.jti}`)).status).to.equal(404)
    const {json: sessions} = await asDana('GET', '/oauth/proxies/own.localhost/sessions')
    expect(sessions.items.map(({user}: {user: string}) => user)).to.deep.equal(['ADMIN'])
    expect((await asDana('GET', `/oauth/sessions/${visible.sid}`)).json.resources).to.include(ownUrl)
    expect((await asDana('DELETE', `/oauth/tokens/${visible.jti}`)).status).to.equal(204)
    expect((await call(server, ['GET', `/oauth/tokens/${visible.jti}`])).json.active).to.equal(false)
    expect((await call(server, ['GET', `/oauth/tokens/${foreign.jti}`])).json.active).to.equal(true)
  })
})
