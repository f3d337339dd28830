// Lines of the first generation and completion, through the real command line and API.
import {expect} from 'chai'
import {startApi, type TestApi} from '../support/api.ts'
import {type Cli, openCli} from '../support/cli.ts'

describe('old lines and completion', function () {
  this.timeout(60_000)
  let api: TestApi
  let cli: Cli
  before(async () => {
    api = await startApi()
    cli = openCli({MCPX_URL: api.url})
  })
  after(async () => {
    cli.close()
    await api.close()
  })

  it('do what they did, with the token where it stood, and warn of it', async () => {
    const lines: string[][] = [
      ['instance-register', 'backend', 'http://127.0.0.1:4000', api.token, 'a note'],
      ['proxy-create', 'old.example.com', 'http://127.0.0.1:3000', api.token],
      ['route-create', '/mcp', 'instance', 'backend', api.token, '60', 'GET,POST', 'false', 'the endpoint'],
      ['proxy-list', api.token],
    ]
    for (const line of lines) {
      const {code, stderr} = await cli.run(line)
      expect(code, `${line.join(' ')}\n${stderr}`).to.equal(0)
      expect(stderr).to.contain('A token in the command line can be seen')
    }
    const {body} = await api.admin('GET', '/api/v1/routes')
    expect(body.items[0]).to.deep.include({
      priority: 60,
      methods: ['GET', 'POST'],
      description: 'the endpoint',
    })
  })

  it('complete commands, flags, choices and the names of records', async () => {
    const complete = async (...words: string[]) => {
      const {stdout} = await cli.run(['complete', '--', ...words], {env: {MCPX_TOKEN: api.token}})
      return stdout.split('\n').filter(Boolean)
    }
    expect(await complete('rou')).to.deep.equal(['route'])
    expect(await complete('instance', 'show', '')).to.deep.equal(['backend'])
    expect(await complete('proxy', 'delete', '--y')).to.deep.equal(['--yes'])
    expect(await complete('proxy', 'route', 'mode', 'old.example.com', '')).to.deep.equal([
      'all',
      'none',
      'selective',
    ])
    expect(await complete('proxy', 'list', '--output', 'c')).to.deep.equal(['csv'])
  })
})
