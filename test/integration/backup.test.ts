// Backup and restore, from one server with its key to another with its own, through a file and a passphrase.
import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect} from 'chai'
import {ExpiringValues} from '../../src/core/store/expiring.ts'
import {Revocations} from '../../src/core/store/revocations.ts'
import {startApi, type TestApi} from '../support/api.ts'
import {type Cli, openCli} from '../support/cli.ts'
import {freePort} from '../support/free-port.ts'
import {claimsOf, refresh, registerClient, startTestOAuth, tokens} from '../support/oauth.ts'
import {openTestStore} from '../support/redis.ts'

describe('mcpx backup and restore', function () {
  this.timeout(60_000)
  let from: TestApi
  let to: TestApi
  let cli: Cli
  let file: string
  const inAnHour = Math.floor(Date.now() / 1000) + 3600
  const passphrase = {MCPX_PASSPHRASE: 'correct horse battery staple'}
  const at = ({url, token}: TestApi) => ({env: {MCPX_URL: url, MCPX_TOKEN: token, ...passphrase}})

  before(async () => {
    ;[from, to] = await Promise.all([startApi(), startApi()])
    cli = openCli()
    file = join(cli.home, 'mcpx.backup')
    await from.test.store.firstStart('session-key', () => 'session secret')
    const proxy = {hostname: 'a.example', custom_headers: {'X-Key': 's3cret'}}
    await from.admin('POST', '/api/v1/proxy/targets', proxy)
    await from.admin('POST', '/api/v1/tokens', {name: 'ci'})
    const values = new ExpiringValues(from.test.store)
    await values.put('RefreshToken', 'used', {scope: 'mcp:read'}, 3600)
    await values.consume('RefreshToken', 'used')
    await values.list('granted:one', values.reference('RefreshToken', 'used'), inAnHour)
    await from.admin('POST', '/api/v1/oauth/clients', {
      client_name: 'Robot',
      redirect_uris: ['https://robot.example/cb'],
    })
    await new Revocations(from.test.store).revoke([{jti: 'revoked', exp: inAnHour}])
    await new ExpiringValues(to.test.store).put('Session', 'of-before', {}, 3600)
    await to.test.store.firstStart('session-key', () => 'another')
    await to.admin('POST', '/api/v1/instances', {name: 'surplus', target_url: 'http://127.0.0.1:1'})
  })
  after(async () => {
    cli.close()
    await Promise.all([from.close(), to.close()])
  })

  it('writes a file for its owner alone, in which nothing can be read', async () => {
    const {code, stderr} = await cli.run(['backup', file], at(from))
    expect(stderr).to.match(/\d+ entries in /)
    expect(code).to.equal(0)
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    expect(readFileSync(file, 'latin1')).not.to.match(/a\.example|s3cret|session/)
  })

  it('is refused without the passphrase, and changes nothing', async () => {
    const env = {...at(to).env, MCPX_PASSPHRASE: 'another passphrase'}
    const refused = await cli.run(['restore', file, '--yes', '--json'], {env})
    expect(JSON.parse(refused.stdout)).to.include({code: 'backup-unreadable'})
    expect((await to.admin('GET', '/api/v1/instances/surplus')).status).to.equal(200)
  })

  it('is refused when it was cut off or altered', async () => {
    const whole = readFileSync(file)
    for (const damaged of [whole.subarray(0, -20), Buffer.concat([whole, Buffer.from('x')])]) {
      writeFileSync(`${file}.damaged`, damaged)
      const {stdout} = await cli.run(['restore', `${file}.damaged`, '--yes', '--json'], at(to))
      expect(JSON.parse(stdout)).to.include({code: 'backup-unreadable'})
    }
  })

  it('asks before it replaces everything', async () => {
    const {code, stderr} = await cli.run(['restore', file], at(to))
    expect(code).to.equal(2)
    expect(stderr).to.contain('replaces everything')
  })

  it('puts everything back under the key of the other server', async () => {
    const {stderr} = await cli.run(['restore', file, '--yes'], at(to))
    expect(stderr).to.contain(' restored, 1 deleted')
    const {body} = await fetch(`${to.url}/api/v1/proxy/targets/a.example`, {
      headers: {authorization: `Bearer ${from.token}`},
    }).then(async response => ({body: (await response.json()) as object}))
    expect(body).to.deep.include({custom_headers: {'X-Key': 's3cret'}})
    expect(await to.test.store.firstStart('session-key', () => 'none')).to.equal('session secret')
    expect(await to.test.records.instance.get('surplus')).to.equal(undefined)
  })

  it('puts back clients and logins, used and revoked as they were, and ends those of before', async () => {
    const values = new ExpiringValues(to.test.store)
    const token = await values.get('RefreshToken', 'used')
    expect(token?.value).to.deep.equal({scope: 'mcp:read'})
    expect(token?.consumed).to.be.closeTo(Date.now(), 600_000)
    expect(await values.lifetime('RefreshToken', 'used')).to.be.within(1, 3600)
    const [reference] = await values.listed('granted:one')
    expect(reference).to.equal(values.reference('RefreshToken', 'used'))
    expect(await values.get('Session', 'of-before')).to.equal(undefined)
    expect(await new Revocations(to.test.store).has('revoked')).to.equal(true)
    const {stdout} = await cli.run(['oauth', 'client', 'list', '--json'], {
      env: {MCPX_URL: to.url, MCPX_TOKEN: from.token},
    })
    expect(JSON.parse(stdout).items.map((one: {client_name: string}) => one.client_name)).to.deep.equal([
      'Robot',
    ])
  })

  it('lets a login of before go on where it was', async () => {
    const issuer = 'http://localhost:7070'
    const before = await startTestOAuth({}, {issuer})
    const old = await startApi({OAUTH_ISSUER: issuer}, {of: before.test})
    const kept = await openTestStore()
    const fresh = await startApi({OAUTH_ISSUER: issuer}, {of: kept})
    try {
      const client = await registerClient(before)
      const resource = await before.protect('mcp.localhost', {endpoint: '/mcp'})
      const {refresh_token} = await tokens(before, {client, resource})
      const login = join(cli.home, 'login.backup')
      expect((await cli.run(['backup', login], at(old))).code).to.equal(0)
      expect((await cli.run(['restore', login, '--yes'], at(fresh))).code).to.equal(0)
      const restored = await startTestOAuth({}, {issuer, on: kept})
      try {
        const {status, text, json} = await refresh(restored, client, refresh_token)
        expect(status, text).to.equal(200)
        expect(claimsOf(json.access_token)).to.deep.include({iss: issuer, aud: resource})
      } finally {
        await restored.close()
      }
    } finally {
      await Promise.all([old.close(), fresh.close()])
      await before.close()
    }
  })

  it('ends as every command does when the server refuses or is gone, and leaves no file', async () => {
    const kept = join(cli.home, 'kept')
    mkdirSync(kept)
    const words = ['backup', join(kept, 'mcpx.backup')]
    const {env} = at(from)
    const refused = await cli.run([...words, '--json'], {env: {...env, MCPX_TOKEN: 'acm_wrong'}})
    expect(JSON.parse(refused.stdout)).to.include({code: 'token-invalid'})
    expect(refused).to.include({code: 4, stderr: ''})
    const gone = await cli.run(words, {env: {...env, MCPX_URL: `http://127.0.0.1:${await freePort()}`}})
    expect(gone.code).to.equal(1)
    expect(gone.stderr)
      .to.contain('nothing listens there')
      .and.not.to.match(/^ +at /m)
    expect((await cli.run(['backup', '-'], {env})).stdout).to.match(/^mcpx1/)
    const piped = await cli.run(['backup', '-'], {env: {...env, MCPX_TOKEN: 'acm_wrong'}})
    expect(piped.code).to.equal(4)
    expect(readdirSync(kept)).to.deep.equal([])
  })

  it('names the file that was given when it cannot be written', async () => {
    const told = async (name: string): Promise<string> => (await cli.run(['backup', name], at(from))).stderr
    expect(await told(cli.home)).to.contain(`${cli.home} cannot be written: it is a folder.`)
    const nowhere = join(cli.home, 'nowhere')
    expect(await told(join(nowhere, 'x'))).to.contain(
      `${nowhere}/x cannot be written: there is no folder ${nowhere}.`,
    )
  })

  it('says that a file of a passphrase is empty', async () => {
    const empty = join(cli.home, 'empty')
    writeFileSync(empty, '\n')
    const refused = await cli.run(['backup', file, '--passphrase-file', empty], at(from))
    expect(refused.code).to.equal(2)
    expect(refused.stderr).to.contain(`The first line of ${empty} is empty.`)
  })

  it('wants a passphrase that is worth the name', async () => {
    const env = {...at(from).env, MCPX_PASSPHRASE: 'short'}
    expect((await cli.run(['backup', file], {env})).code).to.equal(2)
  })
})
