// Who gets which certificate from which CA: staging and production apart, keys by configuration, names by owner.
import {spawn} from 'node:child_process'
import {X509Certificate} from 'node:crypto'
import {once} from 'node:events'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect} from 'chai'
import {makeCa, makeKey, signLeaf} from '../../../src/server/certificates/x509-maker.ts'
import {type Answer, type Caller, startApi, type TestApi} from '../../support/api.ts'
import {type Cli, openCli} from '../../support/cli.ts'
import {type Pebble, startPebble} from '../../support/pebble.ts'

describe('issuing', () => {
  let production: Pebble
  let staging: Pebble
  let api: TestApi
  let cli: Cli
  let environment: Record<string, string>

  before(async () => {
    production = await startPebble()
    staging = await startPebble({beside: production})
    const bundle = join(production.home, 'both.pem')
    writeFileSync(bundle, production.bundle + staging.bundle)
    environment = {
      ...production.environment,
      ACME_STAGING_URL: staging.directory,
      ACME_CA_BUNDLE: bundle,
      RSA_KEY_SIZE: '2048',
      BASE_DOMAIN: 'mcpx.example.com',
    }
    api = await startApi(environment, {port: production.httpPort})
    cli = openCli({MCPX_URL: api.url, MCPX_TOKEN: api.token})
  })

  after(async () => {
    cli.close()
    await api.close()
    await staging.stop()
    await production.stop()
  })

  const settled = async (name: string): Promise<Answer['body']> => {
    for (;;) {
      const {body} = await api.admin('GET', `/api/v1/certificates/${name}/status?wait=true`)
      if (['completed', 'failed'].includes(body.generation?.state)) return body
    }
  }

  /** Whether the root of this CA is above the chain. */
  const isFrom = async (ca: Pebble, chain: string): Promise<boolean> => {
    const root = new X509Certificate(await ca.root())
    const top = new X509Certificate(chain.slice(chain.lastIndexOf('-----BEGIN')))
    return top.checkIssued(root) && top.verify(root.publicKey)
  }

  const create = (body: object, as: Caller = api.admin): Promise<Answer> =>
    as('POST', '/api/v1/certificates', body)

  it('replaces a staging certificate by one of the production CA, and serves the first until then', async () => {
    await create({cert_name: 'stage', domain: 'stage.example.com', staging: true})
    const first = await settled('stage')
    expect(first.status, JSON.stringify(first.generation)).to.equal('active')
    expect(first.staging).to.equal(true)
    expect(await isFrom(staging, first.fullchain_pem)).to.equal(true)
    expect(await isFrom(production, first.fullchain_pem)).to.equal(false)
    await api.admin('POST', '/api/v1/certificates/stage/renew?force=true')
    const again = await settled('stage')
    expect(again.fingerprint).to.not.equal(first.fingerprint)
    expect(await isFrom(staging, again.fullchain_pem)).to.equal(true)
    const {code, stderr} = await cli.run(['cert', 'promote', 'stage', '--wait'])
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/order[^]*validation[^]*issue[^]*Certificate stage is valid until/)
    const second = await settled('stage')
    expect([second.staging, second.status]).to.deep.equal([false, 'active'])
    expect(await isFrom(production, second.fullchain_pem)).to.equal(true)
    const twice = await api.admin('POST', '/api/v1/certificates/stage/convert-to-production')
    expect(twice.body.code).to.equal('not-staging')
  })

  it('asks the production CA alone without --staging, whatever was asked before', async () => {
    await create({cert_name: 'real', domain: 'stage.example.com'})
    const {fullchain_pem, staging: isStaging} = await settled('real')
    expect(isStaging).to.equal(false)
    expect(await isFrom(production, fullchain_pem)).to.equal(true)
    const named = await create({
      cert_name: 'named',
      domain: 'named.example.com',
      acme_directory_url: staging.directory,
    })
    expect(named.body.staging).to.equal(true)
    const both = await create({
      cert_name: 'both',
      domain: 'both.example.com',
      acme_directory_url: production.directory,
      staging: true,
    })
    expect(both.body.code).to.equal('acme-misconfigured')
  })

  it('keeps an account at each CA', async () => {
    const directories: string[] = []
    for await (const [, {directory}] of api.test.records.account.all()) directories.push(directory)
    expect(directories).to.have.members([production.directory, staging.directory])
  })

  it('makes RSA keys of the size of RSA_KEY_SIZE', async () => {
    const {publicKey} = new X509Certificate((await settled('real')).fullchain_pem)
    expect(publicKey.asymmetricKeyType).to.equal('rsa')
    expect(publicKey.asymmetricKeyDetails?.modulusLength).to.equal(2048)
  })

  it('certifies several names through an endpoint of its own', async () => {
    const domains = ['one.example.com', 'two.example.com']
    const made = await api.admin('POST', '/api/v1/certificates/multi-domain', {cert_name: 'two', domains})
    expect(made.status, JSON.stringify(made.body)).to.equal(202)
    const {fullchain_pem} = await settled('two')
    expect(new X509Certificate(fullchain_pem).subjectAltName).to.equal(
      'DNS:one.example.com, DNS:two.example.com',
    )
    const taken = await create({cert_name: 'multi-domain', domain: 'one.example.com'})
    expect(taken.body.code).to.equal('name-reserved')
  })

  it('keeps names, certificates and keys from tokens that they are not for', async () => {
    const tenant = await api.as('tenant')
    await api.admin('POST', '/api/v1/proxy/targets', {
      hostname: 'theirs.example.com',
      target_url: 'http://127.0.0.1:9',
    })
    for (const domain of [
      'theirs.example.com',
      'mcpx.example.com',
      '*.example.com',
      '*.theirs.example.com',
    ]) {
      const {status, body} = await create({cert_name: 'grab', domain, email: 'a@example.com'}, tenant)
      expect([status, body.code], domain).to.deep.equal([403, 'name-reserved'])
    }
    for (const [method, path] of [
      ['GET', 'real'],
      ['GET', 'real/status'],
      ['POST', 'real/renew?force=true'],
      ['POST', 'real/convert-to-production'],
      ['DELETE', 'real'],
    ] as const) {
      expect((await tenant(method, `/api/v1/certificates/${path}`)).status, `${method} ${path}`).to.equal(404)
    }
    expect((await tenant('GET', '/api/v1/certificates')).body.items).to.deep.equal([])
    const mine = await create(
      {cert_name: 'mine', domain: 'mine.example.com', email: 'a@example.com', issuer: 'internal'},
      tenant,
    )
    expect(mine.status).to.equal(202)
    await settled('mine')
    for (const name of ['mine', 'real']) {
      const refused = await tenant('POST', `/api/v1/certificates/${name}/export`)
      expect(refused.status).to.equal(403)
      expect(JSON.stringify(refused.body)).to.not.include('PRIVATE')
    }
  })

  it('exports and imports on the command line', async () => {
    const exported = await cli.run(['cert', 'export', 'real'])
    expect(exported.code, exported.stderr).to.equal(0)
    const [, certificate = '', key = ''] =
      /([^]*?)(-----BEGIN PRIVATE KEY-----[^]*)/.exec(exported.stdout) ?? []
    writeFileSync(join(cli.home, 'chain.pem'), certificate)
    writeFileSync(join(cli.home, 'key.pem'), key)
    const words = ['cert', 'import', 'brought', '--cert', join(cli.home, 'chain.pem'), '--key']
    const imported = await cli.run([...words, join(cli.home, 'key.pem'), '--json'])
    expect(imported.code, imported.stderr).to.equal(0)
    const record = JSON.parse(imported.stdout)
    expect([record.issuer, record.status]).to.deep.equal(['imported', 'active'])
    expect(imported.stdout).to.not.include('PRIVATE')
    const missing = await cli.run([...words, join(cli.home, 'none.pem')])
    expect(missing.code).to.equal(2)
    expect(missing.stderr).to.include('none.pem: there is no such file')
    const renewed = await cli.run(['cert', 'renew', 'brought'])
    expect(renewed.code).to.not.equal(0)
    expect(renewed.stderr).to.include('was imported')
  })

  it('says of an imported certificate that it has ended', async () => {
    const key = makeKey()
    const ended = await signLeaf(await makeCa('of a test'), ['ended.example.com'], key, 0)
    const [chain, file] = [join(cli.home, 'ended.pem'), join(cli.home, 'ended-key.pem')]
    writeFileSync(chain, ended)
    writeFileSync(file, key)
    const {code, stderr} = await cli.run(['cert', 'import', 'ended', '--cert', chain, '--key', file])
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/it ended on .*: clients will not accept it/)
  })

  it('tells on the command line how it failed, and not that anything was done', async () => {
    const nowhere = ['--acme-directory-url', 'https://127.0.0.1:9/dir']
    const {code, stderr} = await cli.run(['cert', 'create', 'gone', 'gone.example.com', ...nowhere, '--wait'])
    expect(code).to.equal(1)
    expect(stderr)
      .to.match(/gone failed at account: 127\.0\.0\.1:9: .*ECONNREFUSED/)
      .and.include('the next try is at')
    expect(stderr).to.not.include('✓')
  })

  it('shows the root of the local CA on the command line', async () => {
    const {stdout, code} = await cli.run(['cert', 'ca', 'show'])
    expect(code).to.equal(0)
    expect(new X509Certificate(stdout).ca).to.equal(true)
  })

  it('asks at a terminal whether the certificate of a deleted proxy goes too', async () => {
    const left = async (hostname: string): Promise<number> =>
      (await api.admin('GET', `/api/v1/certificates/${hostname}`)).status
    /** `answers` are typed as the questions come. */
    const remove = async (hostname: string, answers: string[], flags = ''): Promise<string> => {
      await api.admin('POST', '/api/v1/proxy/targets', {hostname, target_url: 'http://127.0.0.1:9'})
      expect(await left(hostname)).to.equal(200)
      const line = `'${process.execPath}' bin/dev.js proxy delete ${hostname} ${flags}`
      const terminal = spawn('script', ['-qec', line, '/dev/null'], {
        env: {...process.env, HOME: cli.home, MCPX_URL: api.url, MCPX_TOKEN: api.token},
      })
      let output = ''
      let asked = 0
      terminal.stdout.on('data', piece => {
        output += piece
        const questions = new Set(output.match(/Delete (the proxy|its certificate)/g)).size
        if (questions > asked) terminal.stdin.write(`${answers[asked++]}\n`)
      })
      await once(terminal, 'close')
      return output
    }
    expect(await remove('keep.localhost', ['keep.localhost', 'n'])).to.match(
      /Delete its certificate keep.localhost too/,
    )
    expect(await left('keep.localhost')).to.equal(200)
    await remove('drop.localhost', ['drop.localhost', 'y'])
    expect(await left('drop.localhost')).to.equal(404)
    expect(await remove('flag.localhost', [], '--yes --delete-certificate')).to.not.include('too')
    expect(await left('flag.localhost')).to.equal(404)
  }).timeout(60_000)
})
