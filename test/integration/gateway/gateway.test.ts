// The gateway as a part: the control process behind it, its seams, what it reports, how it stops.
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {createServer as createTcpServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import {Problem} from '../../../src/core/problem.ts'
import {mirror, mirrored, problemOf, received, Stage} from '../../support/stage.ts'
import {until} from '../../support/until.ts'

describe('the gateway', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mcpx-gateway-'))
  const socketPath = join(directory, 'control.sock')
  const trusting = {
    TRUSTED_PROXIES: ['127.0.0.1'],
    PROXY_CONNECT_TIMEOUT: 5,
    PROXY_REQUEST_TIMEOUT: 20,
    SSE_KEEPALIVE: 15,
  }
  let control: Server
  before(async () => {
    control = createServer(mirror).listen(socketPath)
    await once(control, 'listening')
  })
  after(() => {
    control.closeAllConnections()
    control.close()
    rmSync(directory, {recursive: true, force: true})
  })

  let stage: Stage
  const open = async (options: Parameters<typeof Stage.open>[0] = {}): Promise<string> => {
    stage = await Stage.open({control: {socketPath}, ...options})
    return stage.upstream(mirror)
  }
  afterEach(() => stage.close())

  it('gives built-in parts to the control process and says who asks', async () => {
    await open()
    const answer = mirrored(
      await stage.send({
        host: 'localhost',
        path: '/api/v1/routes',
        headers: {Authorization: 'Bearer x', 'X-Mcpx-Secure': '1'},
      }),
    )
    expect(answer.headers).to.include({
      host: 'localhost',
      authorization: 'Bearer x',
      'x-mcpx-peer': '127.0.0.1',
      'x-mcpx-loopback': '1',
      'x-mcpx-secure': '0',
    })
  })

  it('says that it is starting while the control process does not answer', async () => {
    await open({control: {socketPath: join(directory, 'none.sock')}})
    expect(problemOf(await stage.send({host: 'localhost'}))).to.include({status: 503, code: 'not-ready'})
  })

  it('tells only local callers what an upstream is called inside', async () => {
    await open({config: trusting})
    const target_url = await stage.bareUpstream(socket => socket.destroy())
    await stage.proxy('site.test', {target_url})
    expect(problemOf(await stage.send()).detail).to.include(target_url)
    const remote = problemOf(await stage.send({headers: {'X-Forwarded-For': '192.0.2.1'}}))
    expect(remote.detail).not.to.include('127.0.0.1')
  })

  it('takes nobody behind another proxy for a local caller', async () => {
    await open({places: {baseDomain: 'base.test'}})
    expect((await stage.send({host: 'localhost'})).status).to.equal(200)
    const forwarded = await stage.send({host: 'localhost', headers: {'X-Forwarded-For': '127.0.0.1'}})
    expect(problemOf(forwarded).code).to.equal('host-unknown')
    expect(mirrored(await stage.send({host: 'base.test', headers: {Via: '1.1 nginx'}})).headers).to.include({
      'x-mcpx-loopback': '0',
    })
  })

  it('refuses bearer secrets in clear for built-in parts from elsewhere, not for proxies', async () => {
    const target_url = await open({places: {baseDomain: 'base.test'}, config: trusting})
    await stage.proxy('site.test', {target_url})
    const remote = {'X-Forwarded-For': '192.0.2.1', Authorization: 'Bearer secret'}
    expect(problemOf(await stage.send({host: 'base.test', headers: remote})).code).to.equal('token-in-clear')
    expect(
      (await stage.send({host: 'base.test', headers: {...remote, 'X-Forwarded-Proto': 'https'}})).status,
    ).to.equal(200)
    expect(mirrored(await stage.send({headers: remote})).headers.authorization).to.equal('Bearer secret')
  })

  it('lets `authorize` refuse with a challenge', async () => {
    const target_url = await open({
      authorize: async ({match}) => {
        if (match.proxy?.hostname !== 'site.test') return undefined
        throw new Problem('token-missing', 'Log in first', {
          headers: {'WWW-Authenticate': 'Bearer scope="x"'},
        })
      },
    })
    await stage.proxy('site.test', {target_url})
    await stage.proxy('free.test', {target_url})
    const answer = await stage.send()
    expect(answer.status).to.equal(401)
    expect(answer.headers['www-authenticate']).to.equal('Bearer scope="x"')
    expect((await stage.send({host: 'free.test'})).status).to.equal(200)
  })

  it('tells the upstream who was granted access, and binds MCP sessions to them', async () => {
    await open({
      authorize: ({request}) => {
        const user = String(request.headers.authorization)
        return {
          principal: user,
          user,
          reserved: 'x-auth-',
          drops: [],
          keepsAuthorization: false,
          cookie: 'mcpx_session',
          shared: false,
          headers: {'X-Auth-User': user},
        }
      },
    })
    const target_url = await stage.upstream((request, response) => {
      response.setHeader('Mcp-Session-Id', 'abc')
      mirror(request, response)
    })
    await stage.proxy('site.test', {target_url})
    const answer = await stage.send({headers: {Authorization: 'alice', 'x-auth-user': 'root'}})
    expect(mirrored(answer).headers)
      .to.include({'x-auth-user': 'alice'})
      .and.not.have.property('authorization')
    const session = String(answer.headers['mcp-session-id'])
    const again = (Authorization: string) => stage.send({headers: {Authorization, 'Mcp-Session-Id': session}})
    expect(mirrored(await again('alice')).headers['mcp-session-id']).to.equal('abc')
    expect(problemOf(await again('mallory')).code).to.equal('session-unknown')
  })

  it('redirects to HTTPS once there is a certificate, and refuses HTTP where it is switched off', async () => {
    const target_url = await open({hasCertificate: host => host !== 'bare.test', httpsPort: 8443})
    await stage.proxy('site.test', {target_url})
    await stage.proxy('bare.test', {target_url})
    await stage.proxy('both.test', {target_url, redirect_to_https: false})
    await stage.proxy('closed.test', {target_url, redirect_to_https: false, enable_http: false})
    const answer = await stage.send({method: 'POST', path: '/a?b', body: 'x'})
    expect(answer.status).to.equal(308)
    expect(answer.headers.location).to.equal('https://site.test:8443/a?b')
    expect((await stage.send({host: 'bare.test'})).status).to.equal(200)
    expect((await stage.send({host: 'both.test'})).status).to.equal(200)
    expect(problemOf(await stage.send({host: 'closed.test'})).code).to.equal('https-required')
  })

  it('reports every exchange, with the MCP call from the body', async () => {
    const target_url = await open()
    await stage.proxy('site.test', {target_url})
    const call = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {arguments: {method: 'x'}, name: 'echo'},
    }
    const body = JSON.stringify(call)
    const json = {'Content-Type': 'application/json'}
    await stage.send({
      method: 'POST',
      path: '/mcp?secret=1',
      headers: {...json, 'Mcp-Method': 'forged'},
      body,
    })
    await stage.send({method: 'POST', headers: {...json, 'Transfer-Encoding': 'chunked'}, body: `[${body}]`})
    await stage.send({
      method: 'POST',
      headers: json,
      body: JSON.stringify({...call, padding: 'x'.repeat(100_000)}),
    })
    await stage.send({method: 'POST', headers: json, body: 'no json'})
    await stage.send({host: 'unknown.test'})
    await until(() => stage.batches.some(({exchanges}) => exchanges.length > 0), 'a batch')
    const {exchanges, series} = stage.batches.find(
      batch => batch.exchanges.length > 0,
    ) as (typeof stage.batches)[0]
    expect(exchanges).to.deep.equal(stage.exchanges)
    expect(exchanges.map(({mcp_method, mcp_name}) => [mcp_method, mcp_name])).to.deep.equal([
      ['tools/call', 'echo'],
      ['tools/call', 'echo'],
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ])
    expect(exchanges[0]).to.include({
      path: '/mcp',
      status: 200,
      proxy: 'site.test',
      remote: '127.0.0.1',
      bytes_in: body.length,
    })
    expect(exchanges[4]).to.include({status: 421, problem: 'host-unknown', host: 'unknown.test'})
    expect(series.map(({proxy, route, status, requests}) => [proxy, route, status, requests])).to.deep.equal([
      ['site.test', '', '2xx', 4],
      ['', '', '4xx', 1],
    ])
    expect(series[0]?.buckets.reduce((sum, count) => sum + count)).to.equal(4)
  })

  it('shares a listening socket by its handle', async () => {
    const target_url = await open()
    await stage.proxy('site.test', {target_url})
    const shared = createTcpServer().listen(0, '127.0.0.1')
    await once(shared, 'listening')
    const handle = (shared as unknown as {_handle: object})._handle
    const {port} = await stage.gateway.listen({handle}, {secure: false})
    stage.port = port
    expect((await stage.send()).status).to.equal(200)
  })

  it('drains: accepts nothing more, lets requests end, cuts off at the deadline what does not', async () => {
    await open()
    let release: () => void = () => {}
    const target_url = await stage.upstream((request, response) => {
      if (request.url !== '/slow') {
        response.writeHead(200, {'Content-Type': 'text/event-stream'})
        response.flushHeaders()
      } else release = () => response.end('done')
    })
    await stage.proxy('site.test', {target_url})
    const call = stage.begin({method: 'POST', path: '/call', headers: {'Content-Type': 'application/json'}})
    call.end('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}')
    const [stream] = (await once(call, 'response')) as [IncomingMessage]
    let ended = false
    stream
      .on('error', () => {})
      .on('close', () => {
        ended = true
      })
    stream.resume()
    const slow = stage.begin({path: '/slow', headers: {Connection: 'keep-alive'}})
    slow.end()
    await until(
      () => release.length === 0 && stage.batches.some(({inFlight}) => inFlight === 2),
      'both are under way',
    )
    const drained = stage.gateway.drain(700)
    expect(await stage.send().catch((error: NodeJS.ErrnoException) => error.code)).to.equal('ECONNREFUSED')
    release()
    const [answer] = (await once(slow, 'response')) as [IncomingMessage]
    expect(await received(answer)).to.deep.include({status: 200, body: 'done'})
    expect(answer.headers.connection).to.equal('close')
    expect(ended).to.equal(false)
    await drained
    await until(() => ended, 'the stream ends')
  })

  it('drains: ends streams that last at once, between two events', async () => {
    await open()
    const streams = new Map<string, ServerResponse>()
    const target_url = await stage.upstream((request, response) => {
      response.writeHead(200, {'Content-Type': 'text/event-stream'})
      response.write('data: whole\n\n')
      if (request.url === '/half') response.write('data: ha')
      streams.set(request.url as string, response)
    })
    await stage.proxy('site.test', {target_url})
    const listen = '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}'
    const read = async (path: string, body?: string): Promise<() => Promise<string>> => {
      const message = stage.begin({
        path,
        method: body ? 'POST' : 'GET',
        headers: {Connection: 'keep-alive', 'Content-Type': 'application/json'},
      })
      message.end(body)
      const [answer] = (await once(message, 'response')) as [IncomingMessage]
      const whole = received(answer)
      return async () => (await whole).body
    }
    const [idle, half, post] = [await read('/idle'), await read('/half'), await read('/post', listen)]
    await until(() => stage.batches.some(({inFlight}) => inFlight === 3), 'all are under way')
    const drained = stage.gateway.drain(60_000)
    expect(await idle()).to.equal('data: whole\n\n')
    expect(await post()).to.equal('data: whole\n\n')
    streams.get('/half')?.write('lf\n\ndata: next')
    expect(await half()).to.equal('data: whole\n\ndata: half\n\n')
    await drained
    await until(() => [...streams.values()].every(({destroyed}) => destroyed), 'upstreams hear of it')
  })

  it('drains: closes connections whose answer had begun before, once it ends', async () => {
    await open()
    let finish: () => void = () => {}
    const target_url = await stage.upstream((_, response) => {
      response.write('begun, ')
      finish = () => response.end('done')
    })
    await stage.proxy('site.test', {target_url})
    const said = stage.talk('GET / HTTP/1.1\r\nHost: site.test\r\n\r\n')
    await until(() => stage.batches.some(({inFlight}) => inFlight === 1), 'it is under way')
    const drained = stage.gateway.drain(60_000)
    finish()
    expect(await said).to.match(/begun, [^]*done\r\n0\r\n\r\n$/)
    await drained
  })
})
