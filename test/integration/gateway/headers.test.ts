// Which header fields cross the gateway, what they say, and whom it believes.
import {expect} from 'chai'
import {mirror, mirrored, problemOf, Stage} from '../../support/stage.ts'

const config = {
  TRUSTED_PROXIES: [] as string[],
  PROXY_CONNECT_TIMEOUT: 5,
  PROXY_REQUEST_TIMEOUT: 20,
  SSE_KEEPALIVE: 15,
}

describe('header fields', () => {
  let stage: Stage
  before(async () => {
    stage = await Stage.open()
    const target_url = await stage.upstream(mirror)
    await stage.proxy('site.test', {target_url})
    await stage.proxy('rewritten.test', {target_url, preserve_host_header: false})
    await stage.proxy('custom.test', {target_url, custom_headers: {'X-Key': 'ours', Host: 'inner.test'}})
  })
  after(() => stage.close())

  it('tells the upstream who asks, in the words of the client only for Host', async () => {
    const {headers} = mirrored(
      await stage.send({
        headers: {
          'X-Forwarded-For': '192.0.2.1',
          'X-Forwarded-Proto': 'https',
          'X-Forwarded-Host': 'evil.test',
          'X-Forwarded-Port': '1',
          'X-Real-IP': '192.0.2.1',
          X_Forwarded_For: '192.0.2.1',
          Forwarded: 'for=192.0.2.1',
        },
      }),
    )
    expect(headers).to.include({
      host: 'site.test',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'site.test',
      forwarded: 'for=127.0.0.1;host="site.test";proto=http',
    })
    expect(headers).not.to.have.any.keys('x-forwarded-port', 'x-real-ip', 'x_forwarded_for')
  })

  it('passes more than a thousand fields, and none that a CGI program would take for its proxy', async () => {
    let said = ''
    const target_url = await stage.bareUpstream(socket => {
      socket.on('data', chunk => {
        said += chunk
        if (said.endsWith('\r\n\r\n')) socket.end('HTTP/1.1 204 No Content\r\n\r\n')
      })
    })
    await stage.proxy('many.test', {target_url})
    const many = Object.fromEntries(Array.from({length: 1500}, (_, index) => [`X-${index}`, '1']))
    const {status} = await stage.send({host: 'many.test', headers: {...many, Proxy: 'http://evil.test'}})
    expect(status).to.equal(204)
    expect(said).to.contain('X-0: 1\r\n').and.to.contain('X-1499: 1\r\n')
    expect(said).not.to.match(/^proxy:/im)
  })

  it('believes a trusted proxy and adds to what it says', async () => {
    const trusting = await Stage.open({config: {...config, TRUSTED_PROXIES: ['127.0.0.0/8', '10.0.0.1']}})
    await trusting.proxy('site.test', {target_url: await trusting.upstream(mirror)})
    const answer = await trusting.send({
      headers: {
        'X-Forwarded-For': '198.51.100.7, 192.0.2.1, 10.0.0.1',
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'public.test',
        'X-Request-Id': 'their-id',
      },
    })
    expect(mirrored(answer).headers).to.include({
      'x-forwarded-for': '198.51.100.7, 192.0.2.1, 10.0.0.1, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'public.test',
      'x-request-id': 'their-id',
    })
    expect(answer.headers['x-request-id']).to.equal('their-id')
    await trusting.send({headers: {Forwarded: 'for="[2001:db8::1]:80";proto=https'}})
    await trusting.close()
    expect(trusting.exchanges.map(({remote}) => remote)).to.deep.equal(['192.0.2.1', '2001:db8::1'])
  })

  it('answers every response with the request id the upstream got', async () => {
    const answer = await stage.send({headers: {'X-Request-Id': 'made-up'}})
    expect(answer.headers['x-request-id']).to.match(/^[\da-f-]{36}$/)
    expect(mirrored(answer).headers['x-request-id']).to.equal(answer.headers['x-request-id'])
    const refused = await stage.send({host: 'unknown.test'})
    expect(problemOf(refused).request_id).to.equal(refused.headers['x-request-id'])
  })

  it('sends the Host of the target when the proxy does not preserve it, and Origin with it', async () => {
    const {headers} = mirrored(
      await stage.send({host: 'rewritten.test', headers: {Origin: 'https://rewritten.test'}}),
    )
    expect(headers.host).to.match(/^127\.0\.0\.1:\d+$/)
    expect(headers.origin).to.equal(`http://${headers.host}`)
    expect(headers['x-forwarded-host']).to.equal('rewritten.test')
  })

  it('replaces what custom headers name', async () => {
    const {headers} = mirrored(await stage.send({host: 'custom.test', headers: {'x-key': 'theirs'}}))
    expect(headers).to.include({'x-key': 'ours', host: 'inner.test'})
  })

  it('strips what only mcpx may say', async () => {
    const {headers} = mirrored(
      await stage.send({headers: {'X-Mcpx-Peer': '127.0.0.1', X_Mcpx_Loopback: '1'}}),
    )
    expect(headers).not.to.have.any.keys('x-mcpx-peer', 'x_mcpx_loopback')
  })

  it('passes MCP, tracing and authorization fields, known or not', async () => {
    const sent = {
      authorization: 'Bearer theirs',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': '=?base64?eA==?=',
      'mcp-param-city': 'Bern',
      'mcp-session-id': 'abc',
      'last-event-id': '7',
      traceparent: '00-x',
      accept: 'application/json, text/event-stream',
    }
    expect(mirrored(await stage.send({headers: sent})).headers).to.include(sent)
  })

  it('does not pass on what the upstream says of its own connection and software', async () => {
    const target_url = await stage.bareUpstream(socket =>
      socket.once('data', () =>
        socket.end(
          'HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\nServer: old\r\nX-Powered-By: y\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n',
        ),
      ),
    )
    await stage.proxy('hop.test', {target_url})
    const {headers} = await stage.send({host: 'hop.test', headers: {Connection: 'keep-alive'}})
    expect(headers).to.include({'x-kept': '1', connection: 'keep-alive'})
    expect(headers).not.to.have.any.keys('x-hop', 'server', 'x-powered-by')
  })

  it('makes redirects of the upstream to itself public', async () => {
    const target_url = await stage.upstream((request, response) => {
      response.writeHead(307, {Location: `http://${request.headers.host}/there?x`})
      response.end()
    })
    await stage.proxy('moved.test', {target_url, preserve_host_header: false})
    const {headers} = await stage.send({host: 'moved.test'})
    expect(headers.location).to.equal('http://moved.test/there?x')
  })
})
