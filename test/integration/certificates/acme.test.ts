// Certificates by ACME: the whole server against the real Pebble, every step on the record, failures word for word.
import {X509Certificate} from 'node:crypto'
import {chmodSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect} from 'chai'
import {steps} from '../../../src/core/contract/certificate.ts'
import type {Answer} from '../../support/api.ts'
import {openCli} from '../../support/cli.ts'
import {HttpsServer} from '../../support/https-server.ts'
import {type Pebble, startPebble} from '../../support/pebble.ts'

const hook = (pebble: Pebble): string => {
  const file = join(pebble.home, 'hook.sh')
  writeFileSync(
    file,
    `#!/bin/sh
case $1 in
present) curl -sf -d "{\\"host\\":\\"$2.\\",\\"value\\":\\"$3\\"}" ${pebble.dnsApi}/set-txt ;;
cleanup) curl -sf -d "{\\"host\\":\\"$2.\\"}" ${pebble.dnsApi}/clear-txt ;;
esac
`,
  )
  chmodSync(file, 0o755)
  return file
}

describe('certificates by ACME', () => {
  let pebble: Pebble
  let mcpx: HttpsServer

  before(async () => {
    pebble = await startPebble({env: {PEBBLE_WFE_NONCEREJECT: '20'}})
    mcpx = await HttpsServer.start({
      env: {
        ...pebble.environment,
        HTTP_PORT: String(pebble.httpPort),
        HTTPS_PORT: String(pebble.tlsPort),
        ACME_DNS_PROVIDER: 'hook',
        ACME_DNS_HOOK: hook(pebble),
        ACME_STAGING_URL: 'https://staging.invalid/dir',
      },
    })
    mcpx.trust(await pebble.root())
  })

  after(async () => {
    await mcpx.stop()
    await pebble.stop()
  })

  const issued = async (body: {cert_name: string} & Record<string, unknown>): Promise<Answer['body']> => {
    const made = await mcpx.api('POST', '/certificates', body)
    expect(made.status, JSON.stringify(made.body)).to.equal(202)
    const record = await mcpx.settled(body.cert_name)
    expect(record.status, JSON.stringify(record.generation)).to.equal('active')
    return record
  }

  it('gives a new proxy its certificate, and sends HTTP to HTTPS then, but never a challenge', async () => {
    const target_url = await mcpx.upstream((_request, response) => response.end('hello'))
    const made = await mcpx.api('POST', '/proxy/targets', {hostname: 'api.example.com', target_url})
    expect(made.status, JSON.stringify(made.body)).to.equal(201)
    await mcpx.settled('api.example.com')
    const {stdout, stderr} = await mcpx.curl('api.example.com', '/')
    expect(stderr).to.equal('')
    expect(stdout).to.equal('hello')
    const plain = (path: string): Promise<{status: number; location: string | null}> =>
      mcpx.plain('api.example.com', path)
    expect(await plain('/x?y')).to.deep.equal({
      status: 308,
      location: `https://api.example.com:${mcpx.httpsPort}/x?y`,
    })
    expect((await plain('/.well-known/acme-challenge/unknown')).status).to.equal(404)
  })

  it('certifies several names in one certificate by http-01, with an ECDSA P-256 key', async () => {
    const record = await issued({
      cert_name: 'multi',
      domains: ['a.example.com', 'b.example.com', 'c.example.org'],
    })
    const leaf = new X509Certificate(record.fullchain_pem)
    expect(leaf.subjectAltName).to.equal('DNS:a.example.com, DNS:b.example.com, DNS:c.example.org')
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).to.equal('prime256v1')
    expect(`sha256:${leaf.fingerprint256.replaceAll(':', '').toLowerCase()}`).to.equal(record.fingerprint)
    expect(record).to.not.have.any.keys('private_key_pem', 'next_private_key_pem')
    expect(record.renewal.source).to.equal('lifetime')
  })

  it('tells each step as it comes', async () => {
    await mcpx.api('POST', '/certificates', {cert_name: 'steps', domain: 'steps.example.com'})
    const seen = new Set<string>()
    for (let since = 0; ; ) {
      const {body} = await mcpx.api('GET', `/certificates/steps/status?wait=true&since=${since}`)
      seen.add(body.generation.step)
      expect(JSON.stringify(body)).to.not.include('PRIVATE')
      since = body.revision
      if (body.generation.state === 'completed') break
      expect(body.generation.state, JSON.stringify(body.generation)).to.not.equal('failed')
    }
    // Who asks sees the newest step, so a quick one may be over; never one out of its turn.
    expect([...seen]).to.deep.equal(steps.filter(step => seen.has(step)))
    expect([...seen]).to.include.members(['validation', 'done'])
  })

  it('certifies by tls-alpn-01', async () => {
    await issued({
      cert_name: 'alpn',
      domains: ['alpn.example.com', 'alpn2.example.com'],
      challenge: 'tls-alpn-01',
    })
  })

  it('certifies a wildcard with its base by dns-01, and serves any name below it', async () => {
    const record = await issued({cert_name: 'wild', domain: 'wild.example.net', wildcard: true})
    expect(record.domains).to.deep.equal(['wild.example.net', '*.wild.example.net'])
    const target_url = await mcpx.upstream((_request, response) => response.end('below'))
    await mcpx.api('POST', '/proxy/targets', {hostname: 'x.wild.example.net', target_url})
    const own = await mcpx.api('GET', '/certificates/x.wild.example.net')
    expect(own.status, JSON.stringify(own.body)).to.equal(404)
    const {stdout, stderr} = await mcpx.curl('x.wild.example.net', '/')
    expect(stderr).to.equal('')
    expect(stdout).to.equal('below')
    const {body} = await mcpx.api('GET', '/certificates/coverage')
    expect(body.items.find((one: {hostname: string}) => one.hostname === 'x.wild.example.net')).to.include({
      cert_name: 'wild',
      status: 'covered',
    })
  })

  it('does not ask the CA for a name that leads elsewhere', async () => {
    await pebble.dns('add-a', {host: 'away.example.com.', addresses: ['127.0.0.9']})
    await mcpx.api('POST', '/certificates', {cert_name: 'away', domain: 'away.example.com'})
    const {generation, status} = await mcpx.settled('away')
    expect(status).to.equal('failed')
    expect(generation.step).to.equal('preflight')
    expect(generation.problem.code).to.equal('preflight-failed')
    expect(generation.problem.detail).to.include('127.0.0.9')
    expect(Date.parse(generation.next_try_at)).to.be.greaterThan(Date.now())
    expect(pebble.output()).to.not.include('away.example.com')
  })

  it("shows the CA's refusal word for word, with a remedy and the next try", async () => {
    await mcpx.api('POST', '/certificates', {
      cert_name: 'denied',
      domain: 'denied.example.com',
      challenge: 'dns-01',
      profile: 'none-such',
    })
    const {generation} = await mcpx.settled('denied')
    expect(generation.problem.detail).to.include('none-such')
    await mcpx.api('DELETE', '/certificates/denied')
    expect((await mcpx.api('GET', '/certificates/denied')).status).to.equal(404)
  })

  it('refuses to delete a certificate that a proxy is attached to, naming it', async () => {
    await mcpx.api('PUT', '/proxy/targets/api.example.com/certificate', {cert_name: 'api.example.com'})
    const refused = await mcpx.api('DELETE', '/certificates/api.example.com')
    expect(refused.status).to.equal(409)
    expect(refused.body.detail).to.include('proxy api.example.com')
    const wrong = await mcpx.api('PUT', '/proxy/targets/api.example.com/certificate', {cert_name: 'multi'})
    expect(wrong.body.code).to.equal('domain-unsuitable')
  })

  it('hands the private key out by export alone', async () => {
    const {body} = await mcpx.api('POST', '/certificates/multi/export')
    expect(body.private_key_pem).to.include('PRIVATE KEY')
    const imported = await mcpx.api('POST', '/certificates/import', {
      cert_name: 'own',
      fullchain_pem: body.fullchain_pem,
      private_key_pem: body.private_key_pem,
    })
    expect(imported.status, JSON.stringify(imported.body)).to.equal(201)
    expect(imported.body.issuer).to.equal('imported')
    const wrong = await mcpx.api('POST', '/certificates/import', {
      cert_name: 'own2',
      fullchain_pem: (await mcpx.api('GET', '/certificates/wild')).body.fullchain_pem,
      private_key_pem: body.private_key_pem,
    })
    expect(wrong.body.code).to.equal('certificate-invalid')
  })

  it('never takes the production CA for staging', async () => {
    await mcpx.api('POST', '/certificates', {cert_name: 'stage', domain: 'stage.example.com', staging: true})
    const {generation, acme_directory_url} = await mcpx.settled('stage')
    expect(acme_directory_url).to.equal('https://staging.invalid/dir')
    expect(generation.problem.code).to.equal('ca-unreachable')
    const both = await mcpx.api('POST', '/certificates', {
      cert_name: 'both',
      domain: 'both.example.com',
      staging: true,
      acme_directory_url: pebble.directory,
    })
    expect(both.body.code).to.equal('acme-misconfigured')
  })

  it('shows failing certificates in health, metrics and the list', async () => {
    const health = await (await fetch(`${mcpx.server.url}/health`)).json()
    expect(health.checks.certificates.ok).to.equal(false)
    const metrics = await (
      await fetch(`${mcpx.server.url}/metrics`, {
        headers: {authorization: `Bearer ${mcpx.server.adminToken}`},
      })
    ).text()
    expect(metrics).to.match(/mcpx_certificate_expiry_seconds\{cert_name="multi"\} \d{6,}/)
    expect(metrics).to.include('mcpx_certificate_failing{cert_name="away"} 1')
    const cli = openCli({MCPX_URL: mcpx.server.url, MCPX_TOKEN: mcpx.server.adminToken})
    const {stdout} = await cli.run(['cert', 'list'])
    cli.close()
    expect(stdout).to.match(/away .*failed/)
  })
})
