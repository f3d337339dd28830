// MCP servers in containers with the real command line, server and engine: published in one go, and the demo.
import {once} from 'node:events'
import {type IncomingHttpHeaders, type IncomingMessage, request} from 'node:http'
import {text} from 'node:stream/consumers'
import {expect} from 'chai'
import {useBaseImages} from '../../support/base-images.ts'
import {type Cli, openCli} from '../../support/cli.ts'
import {docker, dockerHost} from '../../support/docker.ts'
import {connectMcp} from '../../support/mcp-clients.ts'
import {startServer, type TestServer} from '../../support/server.ts'
import {inspect, unique} from '../../support/services.ts'

/** The stateless echo server of examples/. */
const image = 'mcpx-test/echo-mcp:1'
const root = new URL('../../..', import.meta.url).pathname

interface Answer {
  status: number | undefined
  headers: IncomingHttpHeaders
  body: string
}

describe('an MCP server in a container', function () {
  this.timeout(300_000)
  let server: TestServer
  let cli: Cli
  let removeNames = (): void => {}
  const made: string[] = []
  before(async () => {
    removeNames = await useBaseImages('node:26-slim')
    docker('build', '--quiet', '--file', `${root}/examples/Dockerfile.echo-stateless`, '--tag', image, root)
    server = await startServer({env: {DOCKER_HOST: dockerHost}})
    cli = openCli({MCPX_URL: server.url, MCPX_TOKEN: server.adminToken})
  })
  after(async () => {
    for (const name of made) {
      const {code, stderr} = await cli.run(['service', 'delete', name, '--yes', '--delete-proxy'])
      expect(code, stderr).to.equal(0)
    }
    await cli.run(['demo', '--remove'])
    await cli.run(['cleanup'])
    await server.stop()
    cli.close()
    removeNames()
  })

  const fresh = (word: string): string => {
    made.push(unique(word))
    return made.at(-1) ?? ''
  }
  const create = (name: string, ...words: string[]) =>
    cli.run(['service', 'create', name, '--image', image, ...words])

  it('is created, published and protected with one command, which says how clients use it', async () => {
    const name = fresh('mcp')
    const host = `${name}.localhost`
    const {code, stdout, stderr} = await create(name, '--proxy', host, '--mcp')
    expect(code, stderr).to.equal(0)
    const url = `http://${host}:${server.port}/mcp`
    expect(stdout).to.contain(`MCP server ${url}`)
    expect(stderr).to.contain(`claude mcp add --transport http ${name} ${url}`)
    const shown = JSON.parse((await cli.run(['proxy', 'mcp', 'show', host, '--json'])).stdout)
    expect(shown).to.include({enabled: true, endpoint: '/mcp', public: false})
    expect(shown.server_info).to.include({name: 'echo-stateless'})
    const refused = await greet(url)
    expect(refused.status).to.equal(401)
    const metadata = /resource_metadata="([^"]+)"/.exec(refused.headers['www-authenticate'] ?? '')?.[1]
    expect(JSON.parse((await ask(metadata ?? '', 'GET')).body)).to.deep.include({resource: url})
    const [key] = (await cli.run(['proxy', 'key', 'create', host, 'robot'])).stdout.match(/\S+/) ?? []
    const passed = await greet(url, {authorization: `Bearer ${key}`})
    expect([passed.status, passed.body].join()).to.contain('200,').and.contain('echo-stateless')
  })

  it('says what stands when a later step fails, and nothing stands open', async () => {
    const taken = fresh('mcp')
    const host = `${taken}.localhost`
    expect((await create(taken, '--proxy', host, '--mcp', '/')).code).to.equal(0)
    const name = fresh('mcp')
    const {code, stderr} = await create(name, '--proxy', host, '--mcp', '/tools')
    expect(code).to.equal(1)
    expect(stderr)
      .to.contain(`What stands: service ${name}.`)
      .and.contain(`mcpx service proxy create ${name} ${host} --protected`)
      .and.contain(`mcpx proxy mcp enable ${host} /tools`)
    expect(inspect(name).State.Running).to.equal(true)
  })

  it('has its login from the moment its proxy is there, which is made whole or not at all', async () => {
    const name = fresh('mcp')
    expect((await create(name)).code).to.equal(0)
    const host = `${name}.localhost`
    const id = `${name}.${host}`.slice(0, 63)
    const taken = ['api', 'POST', '/routes', '--field', `route_id=${id}`]
    const target = [
      'path_pattern=/',
      'target_type=url',
      'target_value=http://127.0.0.1:9',
      `hosts=["other.${host}"]`,
    ]
    const other = await cli.run([...taken, ...target.flatMap(one => ['--field', one])])
    expect(other.code, other.stderr).to.equal(0)
    const publish = () => cli.run(['service', 'proxy', 'create', name, host, '--protected', '--json'])
    expect((await publish()).stdout)
      .to.contain('already-exists')
      .and.contain(id)
    expect((await cli.run(['proxy', 'show', host])).code).to.equal(1)
    await cli.run(['route', 'delete', id, '--yes'])
    const {proxy} = JSON.parse((await publish()).stdout)
    const shown = JSON.parse((await cli.run(['proxy', 'show', host, '--json'])).stdout)
    expect([proxy.auth.enabled, proxy.revision]).to.deep.equal([true, shown.revision])
    expect((await greet(`http://${host}:${server.port}/mcp`)).status).to.equal(401)
  })

  it('is the demo in containers, which MCP clients use and which is removed whole', async () => {
    const begun = await cli.run(['demo', '--docker'])
    expect(begun.code, begun.stderr).to.equal(0)
    expect(begun.stderr).to.contain('stateless: ').and.contain('stateful: ')
    for (const name of ['echo-stateless', 'echo-stateful']) expect(inspect(name).State.Running).to.equal(true)
    for (const [era, kinds] of [
      ['stateless', ['v1 legacy', 'v2 modern']],
      ['stateful', ['v1 legacy', 'v2 legacy']],
    ] as const) {
      const url = `http://127.0.0.1:${server.port}/echo-${era}/mcp`
      expect(begun.stdout + begun.stderr).to.contain(url)
      for (const kind of kinds) {
        const client = await connectMcp(kind, url)
        expect(await client.call('echo', {text: `hello ${kind}`})).to.contain(`hello ${kind}`)
        await client.close()
      }
    }
    const again = await cli.run(['demo', '--docker', '--json'])
    expect(JSON.parse(again.stdout)).to.include({running: true, docker: true})
    const removed = await cli.run(['demo', '--remove'])
    expect(removed.code, removed.stderr).to.equal(0)
    for (const name of ['echo-stateless', 'echo-stateful']) expect(() => inspect(name)).to.throw()
    for (const noun of ['service', 'route', 'instance'])
      expect((await cli.run([noun, 'list', '--output', 'name'])).stdout).to.not.contain('echo-')
  })
})

const greeting = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {protocolVersion: '2025-06-18', capabilities: {}, clientInfo: {name: 'test', version: '1'}},
})

/** A request to this machine, whatever it makes of names under `localhost`. */
async function ask(url: string, method: string, headers: Record<string, string> = {}): Promise<Answer> {
  const {host, port, pathname} = new URL(url)
  const sent = request({host: '127.0.0.1', port, path: pathname, method, headers: {...headers, host}})
  sent.end(method === 'POST' ? greeting : undefined)
  const [message] = (await once(sent, 'response')) as [IncomingMessage]
  return {status: message.statusCode, headers: message.headers, body: await text(message)}
}

const greet = (url: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(url, 'POST', {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  })
