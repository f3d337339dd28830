// `mcpx explain`: the decision of the gateway in words, through the real API and command line.
import {expect} from 'chai'
import {startApi, type TestApi} from '../support/api.ts'
import {type Cli, openCli} from '../support/cli.ts'

describe('mcpx explain', function () {
  this.timeout(30_000)
  let api: TestApi
  let cli: Cli

  const explain = async (url: string, method = 'GET') => {
    const query = new URLSearchParams({url, method})
    return (await api.admin('GET', `/api/v1/explain?${query}`)).body
  }
  const verdicts = (body: {candidates: {route_id: string; verdict: string}[]}) =>
    Object.fromEntries(body.candidates.map(({route_id, verdict}) => [route_id, verdict]))
  const route = (route_id: string, path_pattern: string, more: object = {}) =>
    api.admin('POST', '/api/v1/routes', {
      route_id,
      path_pattern,
      target_type: 'instance',
      target_value: 'backend',
      ...more,
    })

  before(async () => {
    api = await startApi()
    cli = openCli({MCPX_URL: api.url, MCPX_TOKEN: api.token})
    await api.admin('POST', '/api/v1/instances', {
      name: 'backend',
      target_url: 'http://127.0.0.1:4000/base',
      more_urls: ['http://127.0.0.1:4001'],
    })
    await api.admin('POST', '/api/v1/proxy/targets', {
      hostname: 'app.example.com',
      target_url: 'http://127.0.0.1:3000',
      disabled_routes: [],
    })
    await route('mcp', '/mcp', {strip_path: true})
    await route('below', '/mcp/tools', {methods: ['POST']})
    await route('low', '/mcp', {priority: 10})
    await route('off', '/mcp', {priority: 60, enabled: false})
    await route('left-out', '/mcp', {priority: 70})
    await route('elsewhere', '/other')
    await api.admin('POST', '/api/v1/proxy/targets/app.example.com/routes/left-out/disable')
  })
  after(async () => {
    cli.close()
    await api.close()
  })

  it('takes the URL of a WebSocket, and repeats no password', async () => {
    const body = await explain('ws://ada:s3cret@app.example.com:8080/mcp/x')
    expect(body).to.include({url: 'ws://app.example.com:8080/mcp/x', proxy: 'app.example.com', route: 'mcp'})
    expect(body.listener).to.equal('HTTP on port 8080')
    expect(JSON.stringify(body)).not.to.contain('s3cret')
  })

  it('says which route and upstreams serve a request, and with which path', async () => {
    const body = await explain('http://app.example.com:8080/mcp/x?y=1')
    expect(body).to.include({
      proxy: 'app.example.com',
      route: 'mcp',
      path: '/mcp/x',
      listener: 'HTTP on port 8080',
    })
    expect(body.upstreams).to.deep.equal(['http://127.0.0.1:4000/base/x?y=1', 'http://127.0.0.1:4001/x?y=1'])
  })

  it('says when no listener has the port of the URL', async () => {
    const {listener, route: found} = await explain('http://app.example.com:9999/mcp/x')
    expect([listener, found]).to.deep.equal([
      'HTTP on port 8080, where something forwards port 9999 of the URL to it; mcpx does not listen on 9999',
      'mcp',
    ])
    expect((await explain('https://app.example.com/mcp/x')).listener).to.equal('none: mcpx has no HTTPS port')
  })

  it('says of every other route why it does not', async () => {
    expect(verdicts(await explain('http://app.example.com/mcp/tools'))).to.deep.equal({
      mcp: 'serves the request',
      below: 'does not take GET',
      low: 'mcp has a higher priority (50)',
      off: 'is switched off',
      'left-out': 'does not apply to app.example.com (route mode all)',
      elsewhere: 'its path does not fit',
    })
    const post = await explain('http://app.example.com/mcp/tools', 'POST')
    expect(verdicts(post)).to.include({below: 'serves the request', mcp: 'below names the path more closely'})
  })

  it('sees through other spellings of a path, as the gateway does', async () => {
    expect(await explain('http://app.example.com/other/../%6dcp')).to.include({route: 'mcp', path: '/mcp'})
  })

  it('falls back to the target of the proxy, and names the built-in parts', async () => {
    const plain = await explain('http://app.example.com/page')
    expect(plain).not.to.have.property('route')
    expect(plain.upstreams).to.deep.equal(['http://127.0.0.1:3000/page'])
    expect(await explain('http://localhost/api/v1/routes')).to.include({builtin: 'api'})
  })

  it('says what the client is answered when nothing serves the request', async () => {
    expect((await explain('http://nowhere.example.com/')).problem).to.include({
      status: 421,
      code: 'host-unknown',
    })
  })

  it('shows nothing of the hosts of others', async () => {
    const other = await api.as('other')
    const query = new URLSearchParams({url: 'http://app.example.com/'})
    expect((await other('GET', `/api/v1/explain?${query}`)).body).to.include({code: 'not-found'})
  })

  it('reads as a table for people', async () => {
    const {stdout, code} = await cli.run(['explain', 'http://app.example.com/mcp', '-X', 'POST'])
    expect(code).to.equal(0)
    expect(stdout).to.match(/^request +POST http:\/\/app\.example\.com\/mcp$/m)
    expect(stdout).to.match(/^→ mcp +\/mcp +50 +every proxy of ADMIN +serves the request$/m)
  })
})
