// `mcpx demo --protected` on a laptop: a server just started, real clients that log in through a real browser, no outside account.
import {expect} from 'chai'
import type {Browser} from 'playwright-core'
import {openBrowser} from '../support/browser.ts'
import {BrowserPerson, Callback} from '../support/browser-person.ts'
import {type Ended, openCli} from '../support/cli.ts'
import {claimsOf} from '../support/oauth.ts'
import {connectWithLogin, Keeper, type SdkKind} from '../support/oauth-clients.ts'
import {startServer, type TestServer} from '../support/server.ts'
import {until} from '../support/until.ts'

describe('mcpx demo --protected', function () {
  this.timeout(60_000)
  let server: TestServer
  let browser: Browser
  let callback: Callback
  let urls: string[]
  let cli: ReturnType<typeof openCli>
  const mcpx = (line: string): Promise<Ended> => cli.run(line.split(' '))
  const succeed = async (line: string): Promise<string> => {
    const {code, stdout, stderr} = await mcpx(line)
    expect(code, stdout + stderr).to.equal(0)
    return stdout
  }
  const statusOf = async (url: string): Promise<number> => (await fetch(url, {method: 'POST'})).status

  const revoke = async (what: string): Promise<void> => {
    const headers = {authorization: `Bearer ${server.adminToken}`}
    const answer = await fetch(`${server.url}/api/v1/oauth/${what}`, {method: 'DELETE', headers})
    expect(answer.status).to.equal(204)
  }

  before(async () => {
    server = await startServer({env: {WORKERS: '1'}})
    browser = await openBrowser()
    callback = await Callback.open()
    cli = openCli({MCPX_URL: server.url, MCPX_TOKEN: server.adminToken})
    urls = ['stateless', 'stateful'].map(era => `http://127.0.0.1:${server.port}/echo-${era}/mcp`)
  })
  after(async () => {
    cli?.close()
    callback?.close()
    await browser?.close()
    await server?.stop()
  })

  it('finds the new server fit for logins', async () => {
    const {ok, checks} = JSON.parse(await succeed('oauth setup --json'))
    expect(ok, JSON.stringify(checks)).to.equal(true)
    expect(await succeed('oauth setup-status')).to.contain('✓ metadata')
  })

  it('puts both servers behind a login, and shows each step of the discovery', async () => {
    const stdout = await succeed('demo --protected')
    for (const url of urls) expect(stdout).to.contain(url)
    for (const step of ['challenge', 'resource metadata', 'server metadata', 'registration'])
      expect(stdout.split(`✓ ${step}`)).to.have.length(3)
    for (const url of urls) await until(async () => (await statusOf(url)) === 401, `${url} is protected`)
  })

  for (const [kind, which] of [
    ['v2 auto', 0],
    ['v1', 1],
  ] as [SdkKind, number][]) {
    it(`SDK ${kind}: logs in through the browser, calls, refreshes, and is refused once revoked`, async () => {
      const url = urls[which] ?? ''
      const person = await BrowserPerson.open(browser)
      const keeper = new Keeper(callback.url)
      const client = await connectWithLogin(kind, url, keeper, to => person.pass(to, server.adminToken))
      expect(await client.tools()).to.include('echo')
      expect(await client.call('echo', {text: 'through the login'})).to.contain('through the login')
      const {jti, sid} = claimsOf(keeper.kept.access_token)
      await revoke(`tokens/${jti}`)
      const sends = (): Promise<number> =>
        fetch(url, {
          method: 'POST',
          headers: {authorization: `Bearer ${keeper.kept.access_token}`},
        }).then(({status}) => status)
      await until(async () => (await sends()) === 401, 'the access token is refused')
      expect(await client.tools(), 'it refreshes by itself').to.include('echo')
      expect(claimsOf(keeper.kept.access_token)).to.include({sid}).and.not.include({jti})
      await revoke(`sessions/${sid}`)
      await until(async () => (await sends()) === 401, 'the session is refused')
      const failed = await client.tools().then(
        () => undefined,
        (error: Error) => error,
      )
      expect(failed, 'it has to log in again').to.be.instanceOf(Error)
      expect(person.complaints).to.deep.equal([])
      await client.close()
      await person.close()
    })
  }

  it('stays behind the login when the demo is asked for again, goes whole, and comes back open', async () => {
    const again = await mcpx('demo')
    expect(again.code, again.stderr).to.equal(0)
    expect(again.stdout).to.contain('✓ challenge')
    expect(await statusOf(urls[0] ?? '')).to.equal(401)
    await succeed('demo --remove')
    expect(JSON.parse(await succeed('resource list --json')).items).to.deep.equal([])
    await until(async () => (await statusOf(urls[0] ?? '')) !== 401, 'the host is gone')
    const open = await mcpx('demo')
    expect(open.code, open.stderr).to.equal(0)
    expect(open.stderr).to.match(/stateless: \d+ tools, `echo` answered/)
    await succeed('demo --remove')
    expect(server.stdout() + server.stderr()).to.not.contain('oidc-provider')
  })
})
