// HTTPS and HTTP/2 through the whole server, with certificates of the local CA, seen by curl, openssl and h2load.
import {expect} from 'chai'
import {openCli} from '../../support/cli.ts'
import {HttpsServer} from '../../support/https-server.ts'
import {run} from '../../support/run.ts'

describe('HTTPS', () => {
  let mcpx: HttpsServer

  before(async () => {
    mcpx = await HttpsServer.start()
    const url = await mcpx.upstream((request, response) => {
      let body = ''
      request.on('data', chunk => {
        body += chunk
      })
      request.on('end', () => {
        response.setHeader('content-type', 'application/json')
        response.setHeader('set-cookie', ['a=1', 'b=2'])
        const {method, url: path, headers} = request
        response.end(JSON.stringify({method, path, headers, body}))
      })
    })
    for (const hostname of ['web.localhost', 'other.localhost'])
      await mcpx.api('POST', '/proxy/targets', {hostname, target_url: url, hsts_max_age: 300})
    await mcpx.settled('web.localhost')
    await mcpx.settled('other.localhost')
  })

  after(() => mcpx.stop())

  it('serves a new local name with a certificate of the local CA, with nothing else to do', async () => {
    const {stdout, stderr} = await mcpx.curl('web.localhost', '/a?b=c')
    expect(stderr).to.equal('')
    const seen = JSON.parse(stdout)
    expect(seen.path).to.equal('/a?b=c')
    expect(seen.headers['x-forwarded-proto']).to.equal('https')
  })

  it('speaks HTTP/2 by ALPN, with bodies, cookies and HSTS', async () => {
    const {stdout} = await mcpx.curl(
      ...(['web.localhost', '/form', '--http2', '-i', '-d', 'x=1', '-b', 'k=v', '-b', 'l=w'] as const),
    )
    expect(stdout).to.match(/^HTTP\/2 200/)
    expect(stdout).to.include('set-cookie: a=1').and.include('set-cookie: b=2')
    expect(stdout).to.match(/strict-transport-security: max-age=300/i)
    const seen = JSON.parse(stdout.split('\r\n\r\n')[1] ?? '')
    expect(seen.body).to.equal('x=1')
    expect(seen.method).to.equal('POST')
    expect(seen.headers.host).to.equal(`web.localhost:${mcpx.httpsPort}`)
  })

  it('says Strict-Transport-Security over HTTPS alone, and for the proxy that has it', async () => {
    await mcpx.api('PATCH', '/proxy/targets/other.localhost', {hsts_max_age: null})
    const other = await mcpx.curl('other.localhost', '/', '-i')
    expect(other.stdout).to.match(/ 200/)
    const plain = await run('curl', [
      '-sSi',
      '-HHost: web.localhost',
      `http://127.0.0.1:${mcpx.server.port}/`,
    ])
    expect(plain.stdout).to.match(/ 200/)
    for (const {stdout} of [other, plain]) expect(stdout).to.not.match(/strict-transport-security/i)
  })

  it('streams a large body both ways over HTTP/2', async () => {
    const {stdout} = await run('sh', [
      '-c',
      `head -c 3000000 /dev/zero | tr '\\0' x | curl -sS --http2 --cacert ${mcpx.root} --resolve web.localhost:${mcpx.httpsPort}:127.0.0.1 -T - https://web.localhost:${mcpx.httpsPort}/up | wc -c`,
    ])
    expect(Number(stdout)).to.be.greaterThan(3_000_000)
  })

  it('shows problems over HTTP/2 too', async () => {
    const {stdout} = await mcpx.curl('none.localhost', '/', '--http2', '-k', '-i')
    expect(stdout)
      .to.match(/^HTTP\/2 421/)
      .and.include('host-unknown')
  })

  it('answers a name without certificate with the self-signed one', async () => {
    const {stdout} = await run('openssl', [
      's_client',
      '-connect',
      `127.0.0.1:${mcpx.httpsPort}`,
      '-servername',
      'nobody.example.org',
    ])
    expect(stdout).to.match(/subject=CN = mcpx\n/)
  })

  it('refuses TLS 1.1 and weak ciphers', async () => {
    for (const weak of [['-tls1_1'], ['-tls1_2', '-cipher', 'AES128-SHA:DES-CBC3-SHA']]) {
      const {stdout} = await run('openssl', [
        's_client',
        '-connect',
        `127.0.0.1:${mcpx.httpsPort}`,
        '-servername',
        'web.localhost',
        ...weak,
      ])
      expect(stdout, weak.join(' ')).to.match(/Cipher is \(NONE\)|Cipher {4}: 0000/)
    }
  })

  it('has nothing that sslscan finds weak', async () => {
    const {stdout, code} = await run('sslscan', [
      '--no-colour',
      '--show-times',
      '--sni-name=web.localhost',
      `127.0.0.1:${mcpx.httpsPort}`,
    ])
    expect(code, stdout).to.equal(0)
    for (const old of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1'])
      expect(stdout).to.match(new RegExp(`^${old.replace('.', '\\.')} +disabled`, 'm'))
    expect(stdout).to.include('Server supports TLS Fallback SCSV')
    expect(stdout).to.match(/^TLSv1.2 not vulnerable to heartbleed/m)
    const suites = [...stdout.matchAll(/^(?:Preferred|Accepted) +(\S+) +(\d+) bits +(\S+)/gm)]
    expect(suites.map(([, version]) => version)).to.include.members(['TLSv1.2', 'TLSv1.3'])
    for (const [line, version, bits, suite] of suites) {
      expect(Number(bits), line).to.be.at.least(128)
      expect(suite, line).to.match(version === 'TLSv1.3' ? /^TLS_/ : /^ECDHE-.*(GCM|POLY1305)/)
    }
  })

  it('does not renegotiate, which would make handshakes cheap to ask for', async () => {
    const target = ['-connect', `127.0.0.1:${mcpx.httpsPort}`, '-servername', 'web.localhost', '-tls1_2']
    const {stdout, stderr} = await run('openssl', ['s_client', ...target], 'R\n')
    expect(stdout + stderr)
      .to.include('RENEGOTIATING')
      .and.match(/no renegotiation/i)
  })

  it('refuses a Host that the connection was not opened for', async () => {
    for (const version of ['--http1.1', '--http2']) {
      const {stdout} = await mcpx.curl('web.localhost', '/', version, '-i', '-H', 'Host: other.localhost')
      expect(stdout, version)
        .to.match(/^HTTP\/(1\.1|2) 421/)
        .and.include('host-misdirected')
    }
  })

  it('resumes sessions, whichever worker answers', async () => {
    const file = `${mcpx.directory}/session`
    const target = ['-connect', `127.0.0.1:${mcpx.httpsPort}`, '-servername', 'web.localhost', '-tls1_2']
    await run('openssl', ['s_client', ...target, '-sess_out', file])
    let reused = 0
    for (let round = 0; round < 10; round++) {
      const {stdout} = await run('openssl', ['s_client', ...target, '-sess_in', file])
      if (/^Reused, /m.test(stdout)) reused++
    }
    expect(reused).to.equal(10)
  })

  it('takes a new certificate without dropping a connection', async () => {
    const before = (await mcpx.api('GET', '/certificates/web.localhost')).body.fingerprint
    const load = run('h2load', [
      '-n2000',
      '-c4',
      '-m5',
      `--connect-to=127.0.0.1:${mcpx.httpsPort}`,
      `https://web.localhost:${mcpx.httpsPort}/`,
    ])
    await mcpx.api('POST', '/certificates/web.localhost/renew?force=true')
    const renewed = await mcpx.settled('web.localhost')
    expect(renewed.fingerprint).to.not.equal(before)
    const {stdout} = await load
    expect(stdout).to.include('2000 succeeded, 0 failed, 0 errored')
    const {stderr} = await mcpx.curl('web.localhost', '/', '-v')
    expect(stderr).to.include('SSL certificate verify ok')
  })

  it('says that a public name gets no certificate without an e-mail address, and how it would', async () => {
    const cli = openCli({MCPX_URL: mcpx.server.url, MCPX_TOKEN: mcpx.server.adminToken})
    try {
      const words = ['nobody.example.com', 'http://127.0.0.1:9']
      const created = await cli.run(['proxy', 'create', ...words])
      expect(created.code, created.stderr).to.equal(0)
      const shown = await cli.run(['proxy', 'show', 'nobody.example.com'])
      expect(shown.stdout).to.match(/served with +none: There is no e-mail address/)
      for (const {stderr} of [created, shown])
        expect(stderr)
          .to.include('no valid certificate: There is no e-mail address for `nobody.example.com`')
          .and.match(/mcpx proxy cert generate nobody\.example\.com --email/)
          .and.match(/ADMIN_EMAIL.*--cert-email/)
      const local = await cli.run(['proxy', 'create', 'some.localhost', 'http://127.0.0.1:9'])
      expect(local.stderr).to.not.include('certificate')
      await mcpx.settled('some.localhost')
      const {body} = await mcpx.api('GET', '/proxy/targets/some.localhost')
      expect(body.coverage).to.include({cert_name: 'some.localhost', status: 'covered'})
    } finally {
      cli.close()
    }
  })

  it('does not send browsers to HTTPS that they would not trust', async () => {
    const {stdout} = await run('curl', [
      '-sSo/dev/null',
      '-w%{http_code}',
      '-HHost: web.localhost',
      `http://127.0.0.1:${mcpx.server.port}/`,
    ])
    expect(stdout).to.equal('200')
  })
})
