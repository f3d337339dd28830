// What the forms of the web UI offer to copy, pasted into a real shell: it makes the record the form would have made.
import {expect} from 'chai'
import {operations} from '../../src/core/contract/index.ts'
import type {Operation} from '../../src/core/operation.ts'
import {commandLine} from '../../src/web/data/command.ts'
import {type Cli, openCli} from '../support/cli.ts'
import {startServer, type TestServer} from '../support/server.ts'

/** What a shell would take for something else. */
const odd = `it's "quoted", $HOME \`id\` $(id) \\ back; a & b | c > d * ? # ~ !x\n--second=line`

type Fields = Record<string, unknown>

const operation = (id: string): Operation => operations.find(one => one.id === id) as Operation

describe('a command that was copied from a form', function () {
  this.timeout(60_000)
  let server: TestServer
  let cli: Cli
  before(async () => {
    server = await startServer()
    cli = openCli({MCPX_URL: server.url, MCPX_TOKEN: server.adminToken})
  })
  after(async () => {
    cli?.close()
    await server?.stop()
  })

  const read = async (path: string): Promise<Fields> => {
    const headers = {authorization: `Bearer ${server.adminToken}`}
    const answer = await fetch(`${server.url}/api/v1${path}`, {headers})
    return (await answer.json()) as Fields
  }
  /** Runs the command for `fields`; answers the record at `path`. */
  const pasted = async (of: Operation, fields: Fields, path: string): Promise<Fields> => {
    const line = commandLine(of, fields) ?? ''
    const {code, output} = await cli.shell(line)
    expect(code, `${line}\n${output}`).to.equal(0)
    return read(path)
  }

  it('makes a proxy, changes it, and empties a field of it', async () => {
    const made = {
      hostname: 'odd.localhost',
      target_url: 'http://127.0.0.1:1/a%20b',
      description: odd,
      custom_headers: {'X-One': `it's $HOME, "two"`, 'X-Two': '-3'},
      allowed_origins: ['*', 'https://a.example'],
      enable_http: true,
      preserve_host_header: false,
    }
    const path = '/proxy/targets/odd.localhost'
    expect(await pasted(operation('proxy.create'), made, path)).to.deep.include(made)
    const {hostname} = made
    const changed = {description: '-v', custom_headers: {'X-One': 'a=b=c'}, allowed_origins: []}
    expect(await pasted(operation('proxy.update'), {hostname, ...changed}, path)).to.deep.include(changed)
    const emptied = await pasted(operation('proxy.update'), {hostname, description: null}, path)
    expect(emptied).not.to.have.property('description')
  })

  it('makes a route, an instance and a token', async () => {
    const first = {
      name: 'odd',
      target_url: 'http://127.0.0.1:1',
      description: odd,
      more_urls: ['http://a:1', 'http://b:2'],
    }
    expect(await pasted(operation('instance.register'), first, '/instances/odd')).to.deep.include(first)
    const made = {
      route_id: 'odd',
      path_pattern: `-v[0-9]{1,2}/(a|b)'s \\$.*`,
      target_type: 'instance',
      target_value: 'odd',
      is_regex: true,
      methods: ['GET', 'POST'],
      priority: 7,
      description: odd,
    }
    expect(await pasted(operation('route.create'), made, '/routes/odd')).to.deep.include(made)
    const named = {name: 'odd', cert_email: `o'neil+$x@example.com`}
    expect(await pasted(operation('token.create'), named, '/tokens/odd')).to.include(named)
  })

  it('puts a login in front', async () => {
    const auth = {
      mode: 'redirect',
      required_users: ['alice', 'a, b', `d'x`],
      required_emails: ['a@example.com'],
      excluded_paths: ['/open', '/a b'],
    }
    const hostname = 'odd.localhost'
    expect(
      await pasted(operation('proxy.auth.enable'), {hostname, ...auth}, `/proxy/targets/${hostname}/auth`),
    ).to.deep.include(auth)
  })

  it('is a call of the API where flags cannot say it', async () => {
    const given = {required_users: ['DOMAIN\\user', `o'neil`], pass_headers: false}
    const fields = {hostname: 'odd.localhost', ...given}
    expect(commandLine(operation('proxy.auth.enable'), fields)).to.match(/^mcpx api POST /)
    expect(
      await pasted(operation('proxy.auth.enable'), fields, '/proxy/targets/odd.localhost/auth'),
    ).to.deep.include(given)
  })

  it('registers a client', async () => {
    const given = {client_name: odd.split('\n')[0], redirect_uris: ['http://127.0.0.1:9/back?a=b,c']}
    const {items} = await pasted(operation('oauth.client.register'), given, '/oauth/clients')
    expect((items as Fields[])[0]).to.deep.include(given)
  })
})
