// The command line against the real admin API: what it prints where, how it ends, what it keeps on this machine.
import {statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect} from 'chai'
import {startApi, type TestApi} from '../support/api.ts'
import {type Cli, openCli} from '../support/cli.ts'
import {until} from '../support/until.ts'

describe('the command line', function () {
  this.timeout(60_000)
  let api: TestApi
  let cli: Cli

  beforeEach(async () => {
    api = await startApi()
    cli = openCli({MCPX_URL: api.url, MCPX_TOKEN: api.token})
  })
  afterEach(async () => {
    cli.close()
    await api.close()
  })

  it('creates with positional fields and flags, and prints the API document for programs', async () => {
    await cli.run(['instance', 'register', 'backend', 'http://127.0.0.1:4000'])
    const words = [
      'route',
      'create',
      '/mcp',
      'instance',
      'backend',
      '--methods',
      'GET,POST',
      '--priority',
      '60',
      '--is-exact',
    ]
    const {code, stdout, stderr} = await cli.run([...words, '--json'])
    const {route_id} = JSON.parse(stdout)
    expect(code).to.equal(0)
    expect(stderr).to.equal('')
    const {body} = await api.admin('GET', `/api/v1/routes/${route_id}`)
    expect(JSON.parse(stdout)).to.deep.equal(body)
    expect(body).to.include({
      path_pattern: '/mcp',
      target_value: 'backend',
      priority: 60,
      is_exact: true,
      enabled: true,
    })
    expect(body.methods).to.deep.equal(['GET', 'POST'])
  })

  it('says on standard error what was done and what to do next, and keeps the result on standard output', async () => {
    const {stdout, stderr} = await cli.run(['instance', 'register', 'backend', 'http://127.0.0.1:4000'])
    expect(stdout).to.match(/^name +backend\ntarget url +http:\/\/127\.0\.0\.1:4000\n$/)
    expect(stderr).to.match(/^✓ Instance backend registered\n→ send requests to it: `npx mcpx route create /)
  })

  it('warns that nothing answers behind what it made, and names the next step whole', async () => {
    const created = await cli.run(['proxy', 'create', 'login.localhost', 'http://127.0.0.1:4'])
    const silence =
      '! nothing answers at http://127.0.0.1:4 so far (ECONNREFUSED): start it, or name another place: `npx mcpx proxy update login.localhost --target-url URL`\n'
    expect(created.code).to.equal(0)
    expect(created.stderr).to.contain(silence)
    const enabled = await cli.run(['proxy', 'mcp', 'enable', 'login.localhost'])
    expect(enabled.code).to.equal(0)
    expect(enabled.stderr).to.contain(silence)
    expect(enabled.stderr).to.match(/`npx mcpx resource validate http:\/\/login\.localhost(:\d+)?\/mcp`/)
    const quiet = await cli.run(['proxy', 'create', 'b.localhost', 'http://127.0.0.1:4', '--json'])
    expect(quiet).to.include({code: 0, stderr: ''})
  })

  it('lists every page', async () => {
    const now = new Date().toISOString()
    const common = {owner: 'ADMIN', created_at: now, updated_at: now, target_url: 'http://127.0.0.1:1'}
    for (let i = 0; i < 1100; i++) {
      const name = `i${String(i).padStart(4, '0')}`
      await api.test.records.instance.create(name, {name, ...common})
    }
    const names = async (...more: string[]): Promise<string[]> =>
      (await cli.run(['instance', 'list', '-o', 'name', ...more])).stdout.trim().split('\n')
    expect(await names()).to.have.length(1100)
    expect(await names('--limit', '1050')).to.have.length(1050)
  })

  it('removes a field with --unset, and changes nothing that has changed since', async () => {
    await cli.run(['instance', 'register', 'backend', 'http://127.0.0.1:4000', '--description', 'a note'])
    const {stdout} = await cli.run(['instance', 'update', 'backend', '--unset', 'description', '--json'])
    expect(JSON.parse(stdout)).not.to.have.property('description')
    const late = ['instance', 'update', 'backend', '--description', 'late', '--if-revision', '1', '--json']
    const refused = await cli.run(late)
    expect(refused.code).to.equal(1)
    expect(JSON.parse(refused.stdout)).to.include({code: 'revision-mismatch', status: 412})
  })

  it('does not delete without being asked to be sure', async () => {
    await cli.run(['instance', 'register', 'backend', 'http://127.0.0.1:4000'])
    const refused = await cli.run(['instance', 'delete', 'backend'])
    expect(refused.code).to.equal(2)
    expect(refused.stderr).to.contain('Delete the instance backend?').and.contain('--yes')
    expect((await api.admin('GET', '/api/v1/instances/backend')).status).to.equal(200)
    const done = await cli.run(['instance', 'delete', 'backend', '--yes'])
    expect(done).to.deep.equal({code: 0, stdout: '', stderr: '✓ Instance backend deleted\n'})
    expect((await api.admin('GET', '/api/v1/instances/backend')).status).to.equal(404)
  })

  it('ends with 4 when the token is missing or not known', async () => {
    const missing = await cli.run(['route', 'list'], {env: {MCPX_TOKEN: ''}})
    expect(missing.code).to.equal(4)
    expect(missing.stderr).to.contain('npx mcpx login')
    expect((await cli.run(['route', 'list'], {env: {MCPX_TOKEN: 'acm_wrong'}})).code).to.equal(4)
  })

  it('ends with 2 when the command line is not right, and names what is near', async () => {
    const typo = await cli.run(['rout', 'lst'])
    expect(typo.code).to.equal(2)
    expect(typo.stderr).to.contain('did you mean `npx mcpx route list`?')
    const far = await cli.run(['proxy', 'nope'])
    expect(far.stderr).to.contain('see what there is: `npx mcpx --help`')
    const flag = await cli.run(['route', 'list', '--limt', '5'])
    expect(flag.stderr).to.contain('did you mean `--limit`?')
    const topic = await cli.run(['help', 'exit-code'])
    expect(topic.stderr).to.contain('did you mean `npx mcpx help exit-codes`?')
    const number = await cli.run(['route', 'list', '--limit', '0'])
    expect(number.stderr).to.match(/--limit\s+Expected an integer greater than or equal to 1/)
    const incomplete = await cli.run(['route', 'create', '/mcp', '--json'])
    expect(incomplete.code).to.equal(2)
    expect(JSON.parse(incomplete.stdout)).to.include({code: 'usage'})
    expect((await cli.run(['proxy', 'update', 'a.example'])).stderr).to.contain('Nothing to change')
  })

  it('exports as YAML or JSON, and refuses formats that cannot be applied again', async () => {
    const {stdout} = await cli.run(['export', '-o', 'json'])
    expect(JSON.parse(stdout)).to.be.an('object')
    expect((await cli.run(['export', '-o', 'yaml'])).stdout).to.equal((await cli.run(['export'])).stdout)
    for (const format of ['csv', 'name']) {
      const refused = await cli.run(['export', '-o', format])
      expect(refused).to.include({code: 2, stdout: ''})
      expect(refused.stderr).to.contain('one of: yaml, json')
    }
  })

  it('wants a path of the API, not a URL', async () => {
    const refused = await cli.run(['api', 'GET', 'http://example.com/'])
    expect(refused.code).to.equal(2)
    expect(refused.stderr).to.contain('`http://example.com/` is not a path of the API.')
    const field = await cli.run(['api', 'GET', '/routes?limit=abc'])
    expect(field.stderr).to.contain('limit: must be').and.not.to.contain('`errors`')
  })

  it('counts what it deletes in words that fit', async () => {
    await cli.run(['instance', 'register', 'only', 'http://127.0.0.1:4000'])
    const apply = ['apply', '--file', '-', '--prune']
    const refused = await cli.run(apply, {input: 'instance: []'})
    expect(refused.stderr).to.contain('This deletes a record.')
  })

  it('says what documents leave out for want of a secret, and how to make it', async () => {
    const documents = 'token: [{name: ci}]'
    const applied = await cli.run(['apply', '--file', '-'], {input: documents})
    expect(applied.code).to.equal(0)
    expect(applied.stderr).to.match(/token ci is left out: .+ `npx mcpx token create ci`/)
    const valid = await cli.run(['validate', '--file', '-', '--json'], {input: documents})
    expect(JSON.parse(valid.stdout)).to.deep.include({valid: true, records: 0})
    expect(JSON.parse(valid.stdout).skipped).to.have.length(1)
    const strict = await cli.run(['apply', '--strict', '--file', '-'], {
      input: `${documents}\ninstance: [{name: backend, target_url: "http://127.0.0.1:4000"}]`,
    })
    expect(strict.code).to.equal(1)
    expect(strict.stderr).to.match(/token ci: is left out: /)
    expect((await api.admin('GET', '/api/v1/instances/backend')).status).to.equal(404)
    await cli.run(['token', 'create', 'ci'])
    const {stdout, stderr} = await cli.run(['diff', '--file', '-'], {input: documents})
    expect(stdout + stderr).to.equal('0 to create, 0 to change, 0 to delete, 1 as they should be\n')
  })

  it('takes -h for --help everywhere', async () => {
    for (const words of [[], ['proxy'], ['proxy', 'create'], ['redis']]) {
      const short = await cli.run([...words, '-h'])
      expect(short, words.join(' ')).to.deep.equal(await cli.run([...words, '--help']))
      expect(short.code).to.equal(0)
    }
  })

  it('names the record that was meant, of the noun that was misspelt', async () => {
    await cli.run(['proxy', 'create', 'app.example.com', 'http://127.0.0.1:3000'])
    await cli.run(['proxy', 'key', 'create', 'app.example.com', 'robot'])
    await cli.run(['instance', 'register', 'backend', 'http://127.0.0.1:4000'])
    const meant = async (line: string): Promise<string | undefined> =>
      /did you mean `(.+)`\?/.exec((await cli.run(line.split(' '))).stderr)?.[1]
    expect(await meant('proxy show app.exmaple.com')).to.equal('app.example.com')
    expect(await meant('proxy auth show ap.example.com')).to.equal('app.example.com')
    expect(await meant('proxy key revoke app.example.com robto --yes')).to.equal('robot')
    expect(await meant('instance show bakcend')).to.equal('backend')
    expect(await meant('instance show something-else')).to.equal(undefined)
    const {stdout, code} = await cli.run(['instance', 'show', 'bakcend', '--json'])
    expect(code).to.equal(1)
    expect(JSON.parse(stdout)).to.include({code: 'not-found', hint: 'did you mean `backend`?'})
  })

  it('names the record that was meant in what is sent', async () => {
    await cli.run(['proxy', 'create', 'app.example.com', 'http://127.0.0.1:3000'])
    await cli.run(['instance', 'register', 'backend', 'http://127.0.0.1:4000'])
    await cli.run(['route', 'create', '/a', 'instance', 'backend', '--route-id', 'front'])
    const meant = async (line: string): Promise<string | undefined> =>
      /did you mean `(.+)`\?/.exec((await cli.run(line.split(' '))).stderr)?.[1]
    expect(await meant('route create /x instance backnd')).to.equal('backend')
    expect(await meant('route create /x hostname ap.example.com')).to.equal('app.example.com')
    expect(await meant('route create /x instance something-else')).to.equal(undefined)
    expect(await meant('proxy route enable app.example.com frnot')).to.equal('front')
    expect(await meant('resource register http://app.example.com/mcp app.exmple.com')).to.equal(
      'app.example.com',
    )
    const wrong = 'route: [{route_id: r, path_pattern: /r, target_type: instance, target_value: backnd}]'
    const {stderr} = await cli.run(['apply', '-f', '-'], {input: wrong})
    expect(stderr).to.match(/there is no instance `backnd`\n +→ did you mean `backend`\?/)
  })

  it('names the command that was meant, and the word that is one too many', async () => {
    const {output} = await cli.shell('mcpx proxi list; mcpx proxy list b; mcpx --context=c --jsno whoami')
    expect(output.split('\n').filter(line => line.startsWith(' '))).to.deep.equal([
      '  There is no command `proxi list`.',
      '  → did you mean `npx mcpx proxy list`?',
      '  `proxy list` takes no argument: b',
      '  → see `npx mcpx proxy list --help`',
      '  There is no command before `--context=c`.',
      '  → write the command first, its options behind it; see `npx mcpx --help`',
    ])
  })

  it('names the file that cannot be read, and what to do', async () => {
    writeFileSync(join(cli.home, 'mcpx.yaml'), '')
    const {output} = await cli.shell(`
      mcpx apply -f mcp.yaml; mcpx diff -f nothing.yml; mcpx api POST /instances --input missing.json
      mcpx backup all --passphrase-file nowhere; mcpx restore lost.backup --yes; mcpx cert import a --cert x.pem --key y.pem
    `)
    expect(output.split('\n').filter(line => /There is no file|no such file|→/.test(line))).to.deep.equal([
      '  There is no file mcp.yaml.',
      '  → did you mean `mcpx.yaml`?',
      '  There is no file nothing.yml.',
      '  → write one with `npx mcpx export > nothing.yml`, or give `-` to read standard input',
      ...['missing.json', 'nowhere', 'lost.backup', 'x.pem'].flatMap(file => [
        `  ${file}: there is no such file or folder.`,
        '  → check the path',
      ]),
    ])
    expect(output).not.to.contain('node:fs')
  })

  it('says which versions there are, and warns when they are not the same', async () => {
    const {code, stdout, stderr} = await cli.run(['version'])
    expect({code, stdout}).to.have.property('code', 0)
    expect(stdout)
      .to.match(/^client +\d/m)
      .and.match(/^server +0\.0\.0$/m)
    expect(stderr).to.contain('another version than this command line').and.contain('npx mcpx@0.0.0')
    expect(JSON.parse((await cli.run(['version', '--json'])).stdout)).to.include({
      server: '0.0.0',
      url: api.url,
    })
  })

  it('makes any call of the API, with a body of fields or of a file', async () => {
    const fields = [
      '-f',
      'name=raw',
      '-f',
      'target_url=http://127.0.0.1:1',
      '-f',
      'more_urls=["http://127.0.0.1:2"]',
    ]
    const made = await cli.run(['api', 'POST', '/instances', ...fields])
    expect(JSON.parse(made.stdout), made.stderr).to.deep.include({
      name: 'raw',
      more_urls: ['http://127.0.0.1:2'],
    })
    const input = JSON.stringify({description: 'from standard input'})
    const changed = await cli.run(['api', 'PATCH', '/api/v1/instances/raw', '--input', '-'], {input})
    expect(JSON.parse(changed.stdout)).to.include({description: 'from standard input'})
    const listed = await cli.run(['api', 'GET', '/instances?limit=1', '-o', 'csv'])
    expect(listed.stdout).to.match(/^name,[^]*\nraw,/)
    expect(JSON.parse((await cli.run(['api', 'GET', '/health'])).stdout)).to.include({version: '0.0.0'})
    expect(await cli.run(['api', 'DELETE', '/instances/raw'])).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: '',
    })
    const gone = await cli.run(['api', 'GET', '/instances/raw', '--json'])
    expect([gone.code, JSON.parse(gone.stdout).code]).to.deep.equal([1, 'not-found'])
  })

  it('keeps the variables of a service from itself', async () => {
    writeFileSync(join(cli.home, 'app.env'), 'MCPX_URL=http://127.0.0.1:9\nADMIN_TOKEN=of-the-app\n')
    const words = [
      'service',
      'create',
      'app',
      '--image',
      'app',
      '--env-file',
      join(cli.home, 'app.env'),
      '--json',
    ]
    const env = {MCPX_URL: '', MCPX_TOKEN: ''}
    await cli.run(['login', api.url, '--token-stdin'], {input: api.token, env})
    const {stdout} = await cli.run(words, {env: {MCPX_TOKEN: ''}})
    expect(JSON.parse(stdout)).to.have.property('code', 'engine-unavailable')
  })

  it('asks for nothing where it must not', async () => {
    for (const line of [`login ${api.url} --no-input`, 'backup all --no-input']) {
      const {code, stderr} = await cli.run(line.split(' '))
      expect({code, isTold: stderr.includes('Nobody can be asked')}, stderr).to.deep.equal({
        code: 2,
        isTold: true,
      })
    }
  })

  it('names the context that was meant', async () => {
    await cli.run(['login', api.url, '--name', 'staging', '--token-stdin'], {input: api.token})
    for (const line of [
      'context use stagign',
      'proxy list --context stagin',
      'context delete stging --yes',
    ]) {
      const {code, stderr} = await cli.run(line.split(' '))
      expect({code, meant: stderr.includes('did you mean `staging`?')}, line).to.deep.equal({
        code: 2,
        meant: true,
      })
    }
  })

  it('carries records from one state to another by files: export, validate, diff, apply', async () => {
    await cli.run(['instance', 'register', 'backend', 'http://127.0.0.1:4000'])
    const {code, output} = await cli.shell(`
      mcpx export > all.yaml && mcpx diff -f all.yaml
      mkdir parts && sed 's/4000/5000/' all.yaml > parts/one.yaml
      echo '{"instance": [{"name": "second", "target_url": "http://127.0.0.1:6000"}]}' > parts/two.json
      mcpx validate -f parts && mcpx apply -f parts --dry-run
      mcpx instance list -o name | wc -l
      cat parts/two.json | mcpx apply -f - && mcpx apply -f parts && mcpx diff -f parts
      echo 'instance: {}' | mcpx validate -f -
    `)
    expect(code).to.equal(2)
    const expected = [
      '0 to create, 0 to change, 0 to delete, 1 as they should be',
      '1 to create, 1 to change, 0 to delete, 0 as they should be',
      '1',
      '1 to create, 0 to change, 0 to delete, 0 as they should be',
      '0 to create, 1 to change, 0 to delete, 1 as they should be',
      '0 to create, 0 to change, 0 to delete, 2 as they should be',
      'standard input has no lists of records by noun.',
    ]
    const told = output.split('\n').map(line => line.trim())
    expect(
      told.filter(line => expected.includes(line)),
      output,
    ).to.deep.equal(expected)
    const {body} = await api.admin('GET', '/api/v1/instances/backend')
    expect(body).to.include({target_url: 'http://127.0.0.1:5000'})
  })

  it('says so when nothing answers there, or something else than mcpx', async () => {
    const nobody = await cli.run(['route', 'list'], {env: {MCPX_URL: 'http://127.0.0.1:4'}})
    expect(nobody.code).to.equal(1)
    expect(nobody.stderr).to.contain('No answer from http://127.0.0.1:4').and.contain('npx mcpx serve')
    const blocked = await cli.run(['health', '--url', 'http://127.0.0.1:6000'])
    expect(blocked.code).to.equal(1)
    expect(blocked.stderr).to.contain('refuse the port of http://127.0.0.1:6000').and.contain('HTTP_PORT')
    const other = await cli.run(['health', '--url', `${api.url}/elsewhere`])
    expect(other.code).to.equal(1)
  })

  it('keeps a token for its owner alone, and uses it from then on', async () => {
    const env = {MCPX_URL: '', MCPX_TOKEN: ''}
    const login = await cli.run(['login', api.url, '--token-stdin'], {input: `${api.token}\n`, env})
    expect(login.stderr).to.contain(`Logged in to ${api.url} as ADMIN (admin)`)
    const folder = join(cli.home, '.config', 'mcpx')
    expect(statSync(join(folder, 'contexts.json')).mode & 0o777).to.equal(0o600)
    expect(statSync(folder).mode & 0o777).to.equal(0o700)
    expect((await cli.run(['whoami'], {env})).stdout).to.equal(`ADMIN (admin) at ${api.url}\n`)
    const listed = await cli.run(['context', 'list', '--json'], {env})
    expect(JSON.parse(listed.stdout)).to.deep.equal({items: [{name: 'local', url: api.url, current: true}]})
    expect(listed.stdout).not.to.contain(api.token)
    expect((await cli.run(['logout'], {env})).code).to.equal(0)
    expect((await cli.run(['token', 'info', '--url', api.url], {env})).code).to.equal(4)
  })

  it('keeps no token that the server does not know', async () => {
    const refused = await cli.run(['login', api.url, '--token-stdin'], {input: 'acm_wrong'})
    expect(refused.code).to.equal(4)
    expect((await cli.run(['context', 'list', '--json'])).stdout).to.contain('"items": []')
  })

  it('has colours where they are wanted, and none with NO_COLOR', async () => {
    const words = (env: Record<string, string>): Promise<string> =>
      cli.run(['nothing'], {env}).then(({stderr}) => stderr)
    expect(await words({FORCE_COLOR: '1'})).to.contain('\u001b[')
    expect(await words({FORCE_COLOR: '1', NO_COLOR: '1'})).not.to.contain('\u001b[')
    expect(await words({})).not.to.contain('\u001b[')
  })

  it('ends in peace when its reader has read enough', async () => {
    const {code, output} = await cli.shell('mcpx route create --help | head -n 1')
    expect({code, output}).to.deep.equal({code: 0, output: 'Create a route\n'})
  })

  it('says so when its result cannot be written', async () => {
    const {code, output} = await cli.shell('mcpx health >/dev/full')
    expect(code).not.to.equal(0)
    expect(output).to.contain('The result cannot be written').and.not.contain('node:')
  })

  it('follows requests through a filter until it is told to stop', async () => {
    const following = cli.shell('timeout --signal=INT 20 bash -c "$FOLLOW" | head -n 1', {
      FOLLOW: `exec '${process.execPath}' bin/dev.js logs --follow --status 5xx --json`.replace(
        'bin/dev.js',
        new URL('../../bin/dev.js', import.meta.url).pathname,
      ),
    })
    let done = false
    void following.then(() => (done = true))
    const exchange = {
      time: new Date().toISOString(),
      host: 'a.example',
      method: 'GET',
      path: '/',
      ms: 1,
      remote: '192.0.2.1',
      bytes_in: 0,
      bytes_out: 0,
    }
    await until(
      async () => {
        await api.exchanges.append([
          {...exchange, id: 'fine', status: 200},
          {...exchange, id: 'broken', status: 502},
        ])
        return done
      },
      'the follower has printed a line',
      15_000,
      100,
    )
    expect(JSON.parse((await following).output)).to.include({id: 'broken', status: 502})
  })
})
