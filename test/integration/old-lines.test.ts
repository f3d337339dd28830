// Lines of the first generation and completion, through the real command line and API.
import {execFileSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'
import {composeNames, oldNotes, translated} from '../../src/cli/old-names.ts'
import {startApi, type TestApi} from '../support/api.ts'
import {type Cli, openCli} from '../support/cli.ts'
import {keys, openProgram} from '../support/terminal.ts'

interface Recipe {
  name: string
  body: string[][]
  parameters: {kind: string}[]
}

describe('old lines and completion', function () {
  this.timeout(180_000)
  let api: TestApi
  let cli: Cli
  before(async () => {
    api = await startApi({
      BASE_DOMAIN: 'yourdomain.com',
      ADMIN_EMAIL: 'me@yourdomain.com',
      ACME_DIRECTORY_URL: 'https://127.0.0.1:9/directory',
      ACME_STAGING_URL: 'https://127.0.0.1:9/staging',
    })
    cli = openCli({MCPX_URL: api.url}, {built: true})
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

  it('complete in bash, names with colons and after flags too', async () => {
    await api.admin('POST', '/api/v1/resources', {
      uri: 'https://old.example.com/mcp',
      proxy_target: 'old.example.com',
    })
    const ask = (line: string): string =>
      `COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}; _mcpx; echo "\${COMPREPLY[@]}"`
    const lines = ['mcpx prox', 'mcpx proxy show ', 'mcpx resource show https:', 'mcpx proxy list -o y']
    const {output} = await cli.shell(['source <(mcpx completion bash)', ...lines.map(ask)].join('\n'), {
      MCPX_TOKEN: api.token,
    })
    expect(output.trim().split('\n')).to.deep.equal([
      'proxy',
      'old.example.com',
      '//old.example.com/mcp',
      'yaml',
    ])
  })

  for (const [shell, words] of Object.entries({
    bash: ['bash', '--norc', '--noprofile', '-i'],
    zsh: ['zsh', '-f', '-i'],
    fish: ['fish', '--no-config', '--interactive'],
  }))
    it(`complete with the Tab key of ${shell}`, async () => {
      const bin = join(cli.home, 'bin')
      mkdirSync(bin, {recursive: true})
      const entry = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
      const program = `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`
      writeFileSync(join(bin, 'mcpx'), program, {mode: 0o755})
      const terminal = openProgram(words, {
        cwd: cli.home,
        env: {PATH: `${bin}:${process.env['PATH']}`, MCPX_URL: api.url, MCPX_TOKEN: api.token},
      })
      const setUp = {
        bash: 'source <(mcpx completion bash)',
        zsh: 'autoload -Uz compinit; compinit -u -D; source <(mcpx completion zsh)',
        fish: 'mcpx completion fish | source',
      }[shell]
      const typed = `mcpx prox${keys.tab}show old${keys.tab}--output=j${keys.tab}`
      await terminal.answer('', `${setUp}; echo rea''dy${keys.enter}`)
      await terminal.answer('ready', `${typed}${keys.enter}`)
      await terminal.answer('"hostname": "old.example.com"', `exit${keys.enter}`)
      await terminal.ended
    })

  it('of the README of then work, one after the other', async () => {
    // Those that need Docker or a whole server: test/integration/docker/cli.test.ts.
    const lines = `
      just setup
      just generate-admin-token
      just instance-register backend-api http://api:8080 $ADMIN_TOKEN "Backend API"
      just instance-register frontend http://frontend:3000 $ADMIN_TOKEN "Frontend"
      just instance-register-oauth $ADMIN_TOKEN
      just route-create /api/v1/ instance backend-api $ADMIN_TOKEN
      just route-create / instance frontend $ADMIN_TOKEN
      just proxy-create api.yourdomain.com http://backend:8080 $ADMIN_TOKEN
      just proxy-create auth.yourdomain.com http://localhost:9000 $ADMIN_TOKEN
      just proxy-auth-enable api.yourdomain.com $ADMIN_TOKEN auth.yourdomain.com forward
      just proxy-update api.yourdomain.com $ADMIN_TOKEN --enable-http=false
      just proxy-create mcp.yourdomain.com http://mcp-server:3000 $ADMIN_TOKEN
      just proxy-mcp-enable mcp.yourdomain.com $ADMIN_TOKEN /mcp "mcp:read mcp:write"
      just resource-register https://mcp.yourdomain.com mcp.yourdomain.com "My MCP Server"
      just cert-create-multi shared-cert "api.yourdomain.com,mcp.yourdomain.com" me@yourdomain.com $ADMIN_TOKEN
      just proxy-cert-attach api.yourdomain.com shared-cert $ADMIN_TOKEN
      just cert-create test-cert auth.yourdomain.com me@yourdomain.com $ADMIN_TOKEN staging
      just proxy-create-group twins "a.yourdomain.com,b.yourdomain.com" http://twin:80 $ADMIN_TOKEN true
      just oauth-client-register my-app https://myapp.com/callback "mcp:read mcp:write"
      just oauth-sessions-list
      just oauth-metrics
      just oauth-proxy-status api.yourdomain.com
      just port-list
      just route-list | grep -E "(api|instance)"
      just proxy-show api.yourdomain.com
      just logs proxy
      just stats $ADMIN_TOKEN
    `
      .trim()
      .split('\n')
    const checked = lines.map(
      line => `${line.trim()} >/dev/null || echo 'ended with a failure: ${line.trim()}'`,
    )
    const {output} = await cli.shell(['just() { mcpx "$@"; }', ...checked].join('\n'), {
      ADMIN_TOKEN: api.token,
    })
    const problems = output.split('\n').filter(line => /^(ended|✗)/.test(line))
    expect(problems, output).to.deep.equal([])
    const {items} = (await api.admin('GET', '/api/v1/proxy/targets')).body
    const found = Object.fromEntries(items.map((one: {hostname: string}) => [one.hostname, one]))
    expect(found['api.yourdomain.com']).to.deep.include({enable_http: false, certificate: 'shared-cert'})
    expect(found['b.yourdomain.com']).to.include({certificate: 'twins'})
    expect((await api.admin('GET', '/api/v1/certificates/test-cert')).body).to.include({staging: true})
  })

  describe('through the justfile', () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))

    it('are recipes that hand all their words on to what took their place', () => {
      const dump = execFileSync('just', ['--dump', '--dump-format', 'json'], {cwd: root, encoding: 'utf8'})
      const {recipes, settings} = JSON.parse(dump)
      expect(settings).to.include({positional_arguments: true, dotenv_load: true})
      for (const {name, body, parameters} of Object.values<Recipe>(recipes)) {
        if (name === 'default') continue
        expect(parameters.map(({kind}) => kind)).to.deep.equal(['star'])
        const compose = composeNames[name]
        const line = compose === undefined ? `npx mcpx ${name}` : `docker compose ${compose}`
        expect(body).to.deep.equal([[`@${line} "$@"`]])
        expect(compose ?? oldNotes[name] ?? translated([name], undefined)?.lines[0], name).to.be.ok
      }
    })

    it('reach the server with every word as it was given', async () => {
      const lines = [
        `instance-register told http://127.0.0.1:4000 $ADMIN_TOKEN "It's a \\"note\\" of  mine"`,
        'route-create /told instance told $ADMIN_TOKEN 70 GET,POST false "two words"',
        'instance-show told | grep -F "note"',
        'generate-oauth-key',
      ]
      const {code, output} = await cli.shell(
        lines.map(line => `just --justfile '${root}/justfile' ${line}`).join(' && '),
        {ADMIN_TOKEN: api.token},
      )
      expect(code, output).to.equal(0)
      const {body} = await api.admin('GET', '/api/v1/instances/told')
      expect(body.description).to.equal(`It's a "note" of  mine`)
      const {items} = (await api.admin('GET', '/api/v1/routes')).body
      const made = items.find((one: {path_pattern: string}) => one.path_pattern === '/told')
      expect(made).to.deep.include({priority: 70, methods: ['GET', 'POST'], description: 'two words'})
    })
  })
})
