// Two replicas with two workers each on one Redis: what is taken away is gone at every worker, and what holds goes on.
import {randomBytes} from 'node:crypto'
import {Agent, createServer, request, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
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
import {startServer, type TestServer} from '../../support/server.ts'
import {mirror} from '../../support/stage.ts'
import {until} from '../../support/until.ts'

/** A connection that stays with the worker that accepted it. */
interface Line {
  agent: Agent
  port: number
}

describe('every worker of every replica', function () {
  this.timeout(60_000)
  let redis: OwnRedis
  let upstream: Server
  let replicas: TestServer[]
  let lines: Line[]
  let who: Reachable
  let url: string
  const [first, second] = [0, 1]

  before(async () => {
    redis = await ownRedis()
    upstream = createServer(mirror)
    await new Promise<void>(resolve => upstream.listen(0, '127.0.0.1', resolve))
    const env = {
      REDIS_URL: redis.url,
      MCPX_SECRET_KEY: randomBytes(32).toString('base64'),
      ADMIN_TOKEN: 'the-admin-token-of-both',
      LOG_LEVEL: 'info',
    }
    replicas = [await startServer({env}), await startServer({env})]
    const {port = 0, adminToken = ''} = replicas[first] ?? {}
    const ask = (to: string, sent: Sent = {}): Promise<Reply> => askPort(port, to, sent)
    who = {issuer: `http://localhost:${port}`, adminToken, ask, person: () => new Person(ask)}
    url = `http://127.0.0.1:${port}`
    const target_url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
    await change('POST', '', {hostname: '127.0.0.1', target_url})
    await change('POST', '/127.0.0.1/auth', {required_scopes: []})
    lines = (await Promise.all(replicas.map(linesTo))).flat()
    await everywhere('', 401)
  })
  after(async () => {
    for (const {agent} of lines ?? []) agent.destroy()
    await Promise.all((replicas ?? []).map(one => one.stop()))
    upstream?.closeAllConnections()
    upstream?.close()
    await redis?.close()
  })

  async function change(method: string, path: string, json?: object, replica = first): Promise<void> {
    const {port = 0, adminToken = ''} = replicas[replica] ?? {}
    const headers = {authorization: `Bearer ${adminToken}`}
    const at = path.startsWith('/oauth') ? path : `/proxy/targets${path}`
    const answer = await askPort(port, `http://localhost:${port}/api/v1${at}`, {method, headers, json})
    expect(answer.status, answer.text).to.be.below(300)
  }

  /** One connection to each worker of a replica; its log says which worker answered. */
  async function linesTo({port, stdout, stderr}: TestServer): Promise<Line[]> {
    const found = new Map<string, Line>()
    for (let tries = 0; found.size < 2; tries++) {
      const line = {port, agent: new Agent({keepAlive: true, maxSockets: 1})}
      const path = `/which-${tries}`
      await send(line, path)
      let part: string | undefined
      await until(() => {
        const logged = (stdout() + stderr()).split('\n').find(text => text.includes(`"path":"${path}"`))
        part = logged && (JSON.parse(logged) as {part: string}).part
        return part !== undefined
      }, `${path} is logged`)
      if (found.has(part ?? '')) line.agent.destroy()
      else found.set(part ?? '', line)
    }
    return [...found.values()]
  }

  function send({agent, port}: Line, path: string, headers: Record<string, string> = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      const host = new URL(url).host
      const sent = request({agent, host: '127.0.0.1', port, path, headers: {host, ...headers}}, answer => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
      })
      sent.once('error', reject).end()
    })
  }

  /** Wait until every worker answers with `status`. */
  async function everywhere(credential: string, status: number): Promise<void> {
    const name = credential.includes('=') ? 'cookie' : 'authorization'
    const headers = credential === '' ? {} : {[name]: credential}
    for (const [index, line] of lines.entries())
      await until(
        async () => (await send(line, '/', headers)) === status,
        `worker ${index} answers ${status}`,
        5000,
      )
  }

  const tokenOf = async (): Promise<{client: string; bearer: string; sid: string; access_token: string}> => {
    const client = await registerClient(who)
    const {access_token} = await tokens(who, {client, resource: url})
    return {client, access_token, bearer: `Bearer ${access_token}`, sid: claimsOf(access_token).sid}
  }

  it('takes a token as soon as it is issued, and none of a revoked session, whichever replica was told', async () => {
    const [mine, other] = [await tokenOf(), await tokenOf()]
    await everywhere(mine.bearer, 200)
    await everywhere(other.bearer, 200)
    await change('DELETE', `/oauth/sessions/${mine.sid}`, undefined, second)
    await everywhere(mine.bearer, 401)
    await everywhere(other.bearer, 200)
    const form = {token: other.access_token, client_id: other.client}
    const {port = 0} = replicas[second] ?? {}
    expect((await askPort(port, `${who.issuer}/revoke`, {form})).status).to.equal(200)
    await everywhere(other.bearer, 401)
  })

  it('holds to changed allow lists and scopes', async () => {
    const {bearer} = await tokenOf()
    for (const [settings, status] of [
      [{required_users: ['somebody-else']}, 403],
      [{required_users: []}, 200],
      [{required_scopes: ['more']}, 403],
      [{required_scopes: []}, 200],
    ] as const) {
      await change('POST', '/127.0.0.1/auth', settings, second)
      await everywhere(bearer, status)
    }
  })

  it('ends a browser login with the logout', async () => {
    await change('POST', '/127.0.0.1/auth', {mode: 'redirect'})
    const person = who.person()
    const origins = [url, who.issuer]
    let page = await person.follow(url, origins)
    await until(async () => {
      page = await person.follow(url, origins)
      return page.reply.text.includes('Log in to continue')
    }, 'browsers are sent to the login')
    const back = await person.press(page, 'login', {method: 'token', token: who.adminToken}, [
      url,
      who.issuer,
    ])
    expect(back.reply.status, back.reply.text).to.equal(200)
    const cookie = `mcpx_session=${person.cookies.get('127.0.0.1 mcpx_session')?.value}`
    await everywhere(cookie, 200)
    await person.visit(`${url}/.mcpx/logout`)
    await everywhere(cookie, 401)
  })
})
