// The authorization server on its own port of localhost, which the first generation's scripts name as a target.
import {expect} from 'chai'
import {openCli} from '../../support/cli.ts'
import {freePort} from '../../support/free-port.ts'
import {askPort} from '../../support/oauth.ts'
import {startServer, type TestServer} from '../../support/server.ts'
import {until} from '../../support/until.ts'

const issuer = 'https://auth.mcpx.test'
const metadata = '/.well-known/oauth-authorization-server'

describe('the authorization server on localhost', function () {
  this.timeout(60_000)
  let server: TestServer
  let own: number
  const create = (hostname: string, target_url: string) =>
    askPort(server.port, `http://localhost:${server.port}/api/v1/proxy/targets`, {
      headers: {authorization: `Bearer ${server.adminToken}`},
      json: {hostname, target_url, redirect_to_https: false},
    })

  before(async () => {
    own = await freePort()
    server = await startServer({env: {BASE_DOMAIN: 'mcpx.test', OAUTH_LOCAL_PORT: String(own)}})
  })
  after(() => server?.stop())

  it('answers there as at its public name', async () => {
    const {json} = await askPort(own, `http://localhost:${own}${metadata}`, {})
    expect(json).to.include({issuer, token_endpoint: `${issuer}/token`})
    const {status, json: refused} = await askPort(own, `http://localhost:${own}/token`, {form: {}})
    expect([status, refused.error]).to.deep.equal([400, 'invalid_request'])
  })

  it('lets `oauth setup` end with 1 while nobody can log in, and say why', async () => {
    const cli = openCli({MCPX_URL: server.url, MCPX_TOKEN: server.adminToken})
    try {
      const shown = await cli.run(['oauth', 'setup'])
      expect(shown.code, shown.stderr).to.equal(1)
      expect(shown.stdout).to.match(/^✗ logins: /m)
      const {code, stdout} = await cli.run(['oauth', 'setup', '--json'])
      expect([code, JSON.parse(stdout).ok]).to.deep.equal([1, false])
    } finally {
      cli.close()
    }
  })

  it('may be published by a script that does so itself, and by nothing else under its name', async () => {
    const taken = await create('auth.mcpx.test', 'http://localhost:1')
    expect([taken.status, taken.json.code]).to.deep.equal([403, 'name-reserved'])
    const made = await create('auth.mcpx.test', `http://localhost:${own}`)
    expect(made.status, made.text).to.equal(201)
    expect((await create('login.example.test', `http://localhost:${own}`)).status).to.equal(201)
    for (const host of ['auth.mcpx.test', 'login.example.test'])
      await until(
        async () => (await askPort(server.port, `http://${host}${metadata}`, {})).json?.issuer === issuer,
        `it answers at ${host}`,
      )
  })

  it('is left out where the port is taken, and the server starts all the same', async () => {
    const second = await startServer({env: {OAUTH_LOCAL_PORT: String(own)}})
    try {
      expect((await askPort(second.port, `${second.url}${metadata}`, {})).json.issuer).to.equal(second.url)
      expect((await askPort(own, `http://localhost:${own}${metadata}`, {})).json.issuer).to.equal(issuer)
    } finally {
      await second.stop()
    }
  })
})
