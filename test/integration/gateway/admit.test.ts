// Bad input: each request that cannot be served gets a problem that says why, and never reaches an upstream.
import {connect} from 'node:net'
import {expect} from 'chai'
import {mirror, problemOf, Stage} from '../../support/stage.ts'
import {until} from '../../support/until.ts'

describe('admission', () => {
  let stage: Stage
  let reached = 0
  before(async () => {
    stage = await Stage.open({headersTimeout: 300})
    const target_url = await stage.upstream((request, response) => {
      reached++
      mirror(request, response)
    })
    await stage.proxy('site.test', {target_url})
    await stage.proxy('off.test', {target_url, enabled: false})
    await stage.proxy('routed.test')
    await stage.proxy('open.test', {target_url, allowed_origins: ['https://app.test']})
    await stage.proxy('127.0.0.1', {target_url})
  })
  after(() => stage.close())
  beforeEach(() => {
    reached = 0
  })

  const problemIn = (said: string) => problemOf({body: said.slice(said.indexOf('\r\n\r\n') + 4)})

  it('answers 421 for an unknown host and names it', async () => {
    const answer = await stage.send({host: 'unknown.test'})
    expect(answer.status).to.equal(421)
    expect(answer.headers['content-type']).to.equal('application/problem+json')
    expect(problemOf(answer)).to.include({
      code: 'host-unknown',
      detail: 'mcpx does not answer for `unknown.test`',
    })
  })

  it('tells a person who opened an address in words, and a program in a document', async () => {
    const browser = {Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'}
    const page = await stage.send({host: '<b>.test', headers: browser})
    expect(page.status).to.equal(400)
    const unknown = await stage.send({host: 'nobody.test', headers: browser})
    expect([unknown.status, unknown.headers['content-type']]).to.deep.equal([421, 'text/html; charset=utf-8'])
    expect(unknown.headers['content-security-policy']).to.contain("default-src 'none'")
    expect(unknown.body).to.contain('<code>nobody.test</code>').and.contain(unknown.headers['x-request-id'])
    expect(page.body).to.contain('&#60;b&#62;').and.not.to.contain('<b>')
    for (const headers of [{Accept: '*/*'}, {...browser, 'Mcp-Protocol-Version': '2025-11-25'}] as const) {
      const document = await stage.send({host: 'nobody.test', headers})
      expect(document.headers['content-type']).to.equal('application/problem+json')
      expect(problemOf(document).code).to.equal('host-unknown')
    }
    const posted = await stage.send({host: 'nobody.test', method: 'POST', headers: browser, body: 'x'})
    expect(problemOf(posted).code).to.equal('host-unknown')
  })

  it('reads Host without regard to case, port and trailing dot', async () => {
    for (const host of ['SITE.test', 'site.test:8080', 'site.test.'])
      expect((await stage.send({host})).status).to.equal(200)
  })

  it('answers 503 for a proxy that is switched off, 404 for a host without a route', async () => {
    expect(problemOf(await stage.send({host: 'off.test'})).code).to.equal('host-disabled')
    const answer = await stage.send({host: 'routed.test', path: '/x'})
    expect(answer.status).to.equal(404)
    expect(problemOf(answer).detail).to.include('routed.test').and.include('/x')
  })

  const malformed: Record<string, [code: string, text: string]> = {
    'two Host fields': ['bad-request', 'GET / HTTP/1.1\r\nHost: site.test\r\nHost: site.test\r\n\r\n'],
    'no Host': ['bad-request', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    'a malformed Host': ['bad-request', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
    'Content-Length with Transfer-Encoding': [
      'bad-request',
      'POST / HTTP/1.1\r\nHost: site.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    'another Transfer-Encoding': [
      'bad-request',
      'POST / HTTP/1.1\r\nHost: site.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    ],
    'a malformed request line': ['bad-request', 'HELLO\r\n\r\n'],
    'an unknown method': ['bad-request', 'FETCH / HTTP/1.1\r\nHost: site.test\r\n\r\n'],
    'a malformed field': ['bad-request', 'GET / HTTP/1.1\r\nHost: site.test\r\nBad Name: x\r\n\r\n'],
    'a bare line feed': ['bad-request', 'GET / HTTP/1.1\r\nHost: site.test\r\nA: b\nC: d\r\n\r\n'],
    'a target that is no path': ['bad-request', 'OPTIONS * HTTP/1.1\r\nHost: site.test\r\n\r\n'],
    'a target with a fragment': ['bad-request', 'GET /a#/../b HTTP/1.1\r\nHost: site.test\r\n\r\n'],
    'a target with a user name': [
      'bad-request',
      'GET http://localhost@site.test/ HTTP/1.1\r\nHost: site.test\r\n\r\n',
    ],
    'a 100 KB URL': ['uri-too-long', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: site.test\r\n\r\n`],
    'a 100 KB field': [
      'headers-too-large',
      `GET / HTTP/1.1\r\nHost: site.test\r\nA: ${'x'.repeat(100_000)}\r\n\r\n`,
    ],
    'a 1 MB field': [
      'headers-too-large',
      `GET / HTTP/1.1\r\nHost: site.test\r\nA: ${'x'.repeat(1_000_000)}\r\n\r\n`,
    ],
    CONNECT: ['method-not-allowed', 'CONNECT site.test:443 HTTP/1.1\r\nHost: site.test\r\n\r\n'],
  }
  for (const [what, [code, text]] of Object.entries(malformed)) {
    it(`answers ${what} with ${code} and closes`, async () => {
      const said = await stage.talk(text)
      expect(problemIn(said)).to.include({code})
      expect(problemIn(said).request_id).to.match(/^[\da-f-]{36}$/)
      expect(reached).to.equal(0)
    })
  }

  it('answers a malformed chunk in the middle of a body', async () => {
    const said = await stage.talk(
      'POST / HTTP/1.1\r\nHost: site.test\r\nTransfer-Encoding: chunked\r\n\r\nnot hex\r\n',
    )
    expect(problemIn(said).code).to.equal('bad-request')
  })

  it('takes the host from a target in absolute form', async () => {
    const said = await stage.talk(
      'GET http://site.test/x HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n',
    )
    expect(said).to.include('"url":"/x"').and.include('"host":"site.test"')
  })

  it('does not wait for ever for a head that trickles in', async () => {
    const said = await stage.talk('GET / HTTP/1.1\r\nHost: site')
    expect(problemIn(said).code).to.equal('request-timeout')
  })

  it('goes on with the connection after a refusal', async () => {
    const said = await stage.talk(
      'POST / HTTP/1.1\r\nHost: unknown.test\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n',
    )
    expect(said).to.match(/^HTTP\/1\.1 421 [^]*HTTP\/1\.1 200 /)
  })

  it('cuts off who goes on sending a refused body', async () => {
    const socket = connect(stage.port, '127.0.0.1')
    let said = ''
    socket.on('data', chunk => {
      said += chunk
    })
    socket.on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nHost: unknown.test\r\nContent-Length: 1000000000\r\n\r\nbegin')
    await until(() => said.startsWith('HTTP/1.1 421 '), 'the refusal')
    await until(() => socket.destroyed || socket.readableEnded, 'the connection is closed')
    socket.destroy()
  }).timeout(10_000)

  it('detects that it called itself', async () => {
    await stage.proxy('loop.test', {target_url: `http://127.0.0.1:${stage.port}`})
    const answer = await stage.send({host: 'loop.test'})
    expect(answer.status).to.equal(508)
    expect(problemOf(answer).code).to.equal('loop-detected')
  })

  describe('of origins', () => {
    const mcp = {Accept: 'application/json, text/event-stream'}
    const status = async (
      host: string,
      Origin: string,
      headers: Record<string, string> = {},
    ): Promise<number> => (await stage.send({host, headers: {Origin, ...headers}})).status

    it('lets the host itself call, under either scheme', async () => {
      expect(await status('site.test', 'https://site.test', mcp)).to.equal(200)
      expect(await status('127.0.0.1:8080', 'http://127.0.0.1:8080', mcp)).to.equal(200)
    })

    it('refuses a foreign page that makes an MCP request, with 403', async () => {
      const answer = await stage.send({headers: {Origin: 'https://evil.test', ...mcp}})
      expect(answer.status).to.equal(403)
      expect(problemOf(answer).code).to.equal('origin-forbidden')
      expect(await status('site.test', 'https://evil.test', {'MCP-Protocol-Version': '2026-07-28'})).to.equal(
        403,
      )
      expect(await status('site.test', 'null', mcp)).to.equal(403)
      expect(await status('site.test', 'https://site.test.evil.test', mcp)).to.equal(403)
    })

    it('leaves other cross-origin requests to the upstream', async () => {
      expect(await status('site.test', 'https://other.test')).to.equal(200)
    })

    it('lets in the origins that the proxy allows', async () => {
      expect(await status('open.test', 'https://app.test', mcp)).to.equal(200)
      expect(await status('open.test', 'https://app.test:8443', mcp)).to.equal(403)
    })

    it('lets only loopback pages call loopback hosts', async () => {
      expect(await status('127.0.0.1', 'http://localhost:6274', mcp)).to.equal(200)
      expect(await status('127.0.0.1', 'https://evil.test')).to.equal(403)
    })

    it('answers 403, not 421, for a rebound name', async () => {
      expect(await status('evil.test', 'http://evil.test', mcp)).to.equal(403)
    })

    it('lets no proxied page call the console', async () => {
      expect(await status('localhost', 'http://127.0.0.1')).to.equal(403)
    })
  })
})
