// Sessions in a pseudo-terminal, and the same where there is none.
import {spawn, spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'
import {startApi, type TestApi} from '../support/api.ts'
import {run} from '../support/run.ts'
import {keys, openTerminal} from '../support/terminal.ts'

const script = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

describe('in a terminal', function () {
  this.timeout(60_000)
  let folder: string
  const written = (file: string): string => readFileSync(join(folder, file), 'utf8')

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpx-terminal-'))
  })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))

  describe('mcpx init', () => {
    it('asks, checks each answer, writes .env for its owner alone, and says how to repeat it', async () => {
      const terminal = openTerminal(['init'], {cwd: folder, columns: 100})
      await terminal.answer('Domain of this mcpx', keys.enter)
      await terminal.answer('Port for HTTP', `no number${keys.enter}`)
      await terminal.answer('must be a whole number', '')
      await terminal.answer('Port for HTTP', `18099${keys.enter}`)
      await terminal.answer('port 18099 is free', '')
      await terminal.answer('Redis to keep everything in', keys.enter)
      await terminal.answer('Authorization callback URL  http://localhost:18099/callback', '')
      await terminal.answer('Client id of the GitHub app', keys.enter)
      await terminal.answer('Issuer URL of another provider', keys.enter)
      await terminal.answer('What keeps mcpx running?', keys.down + keys.down + keys.enter)
      expect(await terminal.ended).to.equal(0)
      expect(written('.env')).to.equal('HTTP_PORT=18099\n')
      expect(statSync(join(folder, '.env')).mode & 0o777).to.equal(0o600)
      expect(written('mcpx.service')).to.match(/^ExecStart=\S+node \S+ serve$/m)
      expect(terminal.shown()).to.contain('mcpx init --http-port 18099 --runner systemd --no-input --yes')
    })

    it('adds lines to .env without asking, and asks before it changes one', () => {
      const file = join(folder, '.env')
      const init = (...words: string[]) =>
        spawnSync(process.execPath, [script, 'init', ...words, '--no-input'], {
          cwd: folder,
          env: {PATH: process.env['PATH'] ?? '', HOME: folder},
          stdio: ['ignore', 'pipe', 'pipe'],
          encoding: 'utf8',
        })
      writeFileSync(file, '# mine\nLOG_LEVEL=debug')
      const added = init('--http-port', '18099')
      expect(added.status, added.stderr).to.equal(0)
      const kept = readFileSync(file, 'utf8')
      expect(kept).to.equal('# mine\nLOG_LEVEL=debug\nHTTP_PORT=18099\n')

      const refused = init('--http-port', '18098')
      expect(refused.status).to.equal(2)
      expect(refused.stderr).to.contain('Write over HTTP_PORT in .env?')
      expect(readFileSync(file, 'utf8')).to.equal(kept)
      expect(init('--http-port', '18098', '--yes').status).to.equal(0)
      expect(readFileSync(file, 'utf8')).to.equal(kept.replace('18099', '18098'))
    })

    it('asks GitHub whether it knows the app, and never shows the secret', async () => {
      const asked: URLSearchParams[] = []
      const github = createServer((request, response) => {
        void text(request).then(body => {
          const sent = new URLSearchParams(body)
          asked.push(sent)
          const error =
            sent.get('client_secret') === 'right' ? 'bad_verification_code' : 'incorrect_client_credentials'
          response.setHeader('content-type', 'application/json').end(JSON.stringify({error}))
        })
      })
      await new Promise<void>(resolve => github.listen(0, '127.0.0.1', resolve))
      const url = `http://127.0.0.1:${(github.address() as AddressInfo).port}`
      writeFileSync(join(folder, '.env'), `# mine\nGITHUB_URL=${url}\nLOG_LEVEL=debug\n`)
      try {
        const terminal = openTerminal(['init', '--runner', 'none', '--yes'], {cwd: folder})
        for (const text of ['Domain of', 'Port for HTTP', 'Redis to keep'])
          await terminal.answer(text, keys.enter)
        await terminal.answer('Client id of', `Iv1.x${keys.enter}`)
        await terminal.answer('Its client secret', `wrong${keys.enter}`)
        await terminal.answer('GitHub refuses them', '')
        await terminal.answer('What now?', keys.enter)
        await terminal.answer('Its client secret', `right${keys.enter}`)
        await terminal.answer('GitHub accepts', '')
        await terminal.answer('GitHub users', `ada${keys.enter}`)
        await terminal.answer('Issuer URL of another provider', keys.enter)
        expect(await terminal.ended).to.equal(0)
        expect(written('.env')).to.equal(
          `# mine\nGITHUB_URL=${url}\nLOG_LEVEL=debug\nGITHUB_CLIENT_ID=Iv1.x\nGITHUB_CLIENT_SECRET=right\nOAUTH_ALLOWED_GITHUB_USERS=ada\n`,
        )
        expect(terminal.shown()).not.to.match(/wrong|right/)
        expect(asked).to.have.length(2)
      } finally {
        github.close()
        github.closeAllConnections()
      }
    })

    it('asks any OpenID Connect provider too, in a narrow terminal', async () => {
      const provider = createServer((request, response) => {
        response.setHeader('content-type', 'application/json')
        if (request.url === '/realm/.well-known/openid-configuration')
          return response.end(JSON.stringify({issuer: url, token_endpoint: `${url}/token`}))
        if (request.url !== '/realm/token') return response.writeHead(404).end()
        const isRight = request.headers.authorization === `Basic ${btoa('mcpx:right')}`
        const error = isRight ? 'invalid_grant' : 'invalid_client'
        return response.writeHead(isRight ? 400 : 401).end(JSON.stringify({error}))
      })
      await new Promise<void>(resolve => provider.listen(0, '127.0.0.1', resolve))
      const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/realm`
      try {
        const terminal = openTerminal(['init'], {cwd: folder, columns: 40})
        for (const text of ['Domain of', 'Port for HTTP', 'Redis to keep', 'Client id of the'])
          await terminal.answer(text, keys.enter)
        await terminal.answer('Issuer URL of', `${url.replace('realm', 'elsewhere')}${keys.enter}`)
        await terminal.answer('answers 404', '')
        await terminal.answer('What now?', keys.enter)
        await terminal.answer('Issuer URL of', `${url}${keys.enter}`)
        await terminal.answer('tells its metadata', '')
        await terminal.answer('http://localhost/callback', '')
        await terminal.answer('Client id at', `mcpx${keys.enter}`)
        await terminal.answer('Its client secret', `wrong${keys.enter}`)
        await terminal.answer('invalid_client', '')
        await terminal.answer('What now?', keys.down + keys.up + keys.enter)
        await terminal.answer('Its client secret', `right${keys.enter}`)
        await terminal.answer('accepts the client id', '')
        await terminal.answer('Verified e-mail', `*${keys.enter}`)
        await terminal.answer('What keeps', keys.down + keys.enter)
        expect(await terminal.ended).to.equal(0)
        const [password = '', ...answered] = written('.env').trimEnd().split('\n').toReversed()
        expect(password).to.match(/^REDIS_PASSWORD=[0-9a-f]{64}$/)
        expect(answered.toReversed()).to.deep.equal([
          `OIDC_ISSUER=${url}`,
          'OIDC_CLIENT_ID=mcpx',
          'OIDC_CLIENT_SECRET=right',
          'OAUTH_ALLOWED_OIDC_USERS=*',
        ])
        expect(written('docker-compose.yml')).to.contain('env_file: .env')
        const again = `mcpx init --oidc-issuer ${url} --oidc-client-id mcpx --oidc-users '*' --runner compose --no-input --yes`
        expect(terminal.shown()).to.contain(again)
        const before = written('.env')
        const define = `mcpx() { '${process.execPath}' '${script}' "$@"; }; cd '${folder}'`
        const repeated = await run('bash', ['-c', `${define}; ${again}`])
        expect(repeated.code, repeated.stderr).to.equal(0)
        expect(written('.env')).to.equal(before)
      } finally {
        provider.close()
        provider.closeAllConnections()
      }
    })

    it('ends at once with Ctrl-C, without a trace', async () => {
      const terminal = openTerminal(['init'], {cwd: folder})
      await terminal.answer('Domain of this mcpx', keys.ctrlC)
      expect(await terminal.ended).to.equal(2)
      expect(terminal.shown()).to.contain('Cancelled; nothing was changed.')
      expect(existsSync(join(folder, '.env'))).to.equal(false)
    })
  })

  describe('a list', () => {
    let api: TestApi
    beforeEach(async () => {
      api = await startApi()
      for (const name of ['first', 'second'])
        await api.admin('POST', '/api/v1/instances', {
          name,
          target_url: `http://127.0.0.1:4000/${'x'.repeat(120)}`,
        })
    })
    afterEach(() => api.close())
    const env = () => ({MCPX_URL: api.url, MCPX_TOKEN: api.token})

    it('fits a narrow terminal and tells ages', async () => {
      const terminal = openTerminal(['instance', 'list'], {cwd: folder, env: env(), columns: 60})
      expect(await terminal.ended).to.equal(0)
      const lines = terminal.shown().trim().split(/\r?\n/)
      expect(Math.max(...lines.map(line => line.length))).to.be.at.most(60)
      expect(terminal.shown()).to.match(/\d+ (s|min) ago|…/)
    })

    it('has a field a line where its columns do not fit', async () => {
      const terminal = openTerminal(['instance', 'list'], {cwd: folder, env: env(), columns: 40})
      expect(await terminal.ended).to.equal(0)
      expect(terminal.shown()).to.match(/NAME +first\r?\n.*TARGET URL +http:[^]*\r?\n\r?\nNAME +second\r?\n/)
    })

    it('is as wide as COLUMNS says where the terminal has no size', async () => {
      for (const [COLUMNS, widest] of [
        ['', 80],
        ['60', 60],
      ] as const) {
        const options = {cwd: folder, env: {...env(), COLUMNS}, columns: 0}
        const terminal = openTerminal(['instance', 'list'], options)
        expect(await terminal.ended).to.equal(0)
        const widths = terminal
          .shown()
          .trim()
          .split(/\r?\n/)
          .map(line => line.length)
        expect(Math.max(...widths)).to.be.within(widest - 4, widest)
      }
    })

    it('asks before it deletes, and takes no for an answer', async () => {
      const no = openTerminal(['instance', 'delete', 'first'], {cwd: folder, env: env()})
      await no.answer('Delete the instance first?', keys.enter)
      expect(await no.ended).to.equal(2)
      const yes = openTerminal(['instance', 'delete', 'first'], {cwd: folder, env: env()})
      await yes.answer('Delete the instance first?', `y${keys.enter}`)
      expect(await yes.ended).to.equal(0)
      expect((await api.admin('GET', '/api/v1/instances/first')).status).to.equal(404)
    })

    it('has the name typed before a secret is gone for good', async () => {
      await api.admin('POST', '/api/v1/tokens', {name: 'ci'})
      const words = ['token', 'delete', 'ci']
      const wrong = openTerminal(words, {cwd: folder, env: env()})
      await wrong.answer('Delete the token ci? Type `ci` to go on', `yes${keys.enter}`)
      expect(await wrong.ended).to.equal(2)
      expect((await api.admin('GET', '/api/v1/tokens/ci')).status).to.equal(200)
      const right = openTerminal(words, {cwd: folder, env: env()})
      await right.answer('Type `ci` to go on', `ci${keys.enter}`)
      expect(await right.ended).to.equal(0)
      expect((await api.admin('GET', '/api/v1/tokens/ci')).status).to.equal(404)
    })

    it('asks nothing with --no-input, and says what to give', async () => {
      const terminal = openTerminal(['instance', 'delete', 'first', '--no-input'], {cwd: folder, env: env()})
      expect(await terminal.ended).to.equal(2)
      expect(terminal.shown()).to.contain('Delete the instance first?').and.contain('--yes')
      const forced = openTerminal(['instance', 'delete', 'first', '--force'], {cwd: folder, env: env()})
      expect(await forced.ended).to.equal(0)
    })

    it('has the number of deletions typed before apply prunes', async () => {
      writeFileSync(join(folder, 'none.yaml'), 'instance: []\n')
      const words = ['apply', '--file', 'none.yaml', '--prune']
      const wrong = openTerminal(words, {cwd: folder, env: env()})
      await wrong.answer('Type `delete 2` to go on', `yes${keys.enter}`)
      expect(await wrong.ended).to.equal(2)
      const right = openTerminal(words, {cwd: folder, env: env()})
      await right.answer('Type `delete 2` to go on', `delete 2${keys.enter}`)
      expect(await right.ended).to.equal(0)
      expect((await api.admin('GET', '/api/v1/instances')).body.items).to.deep.equal([])
    })
  })

  describe('a server that takes its time', () => {
    /** Answers a list once `release` is called. */
    async function slowServer(): Promise<{url: string; release: () => void; close: () => void}> {
      const {promise, resolve} = Promise.withResolvers<void>()
      const server = createServer((_, response) => {
        void promise.then(() =>
          response.setHeader('content-type', 'application/json').end('{"items":[],"next":null}'),
        )
      })
      await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      return {url, release: resolve, close: () => server.close()}
    }

    it('is waited for with a sign of life, which leaves no trace', async () => {
      const server = await slowServer()
      const terminal = openTerminal(['instance', 'list'], {
        cwd: folder,
        env: {MCPX_URL: server.url, CI: ''},
        columns: 30,
      })
      await terminal.answer('⠙ asking http://127.0.0.1:', '')
      server.release()
      expect(await terminal.ended).to.equal(0)
      expect(terminal.shown()).to.match(/\rThere are none\.\s+$/)
      server.close()
    })

    it('is left with Ctrl-C, cleanly', async () => {
      const server = await slowServer()
      const terminal = openTerminal(['instance', 'list'], {cwd: folder, env: {MCPX_URL: server.url}})
      await terminal.answer('⠹ asking http://127.0.0.1:', keys.ctrlC)
      expect(await terminal.ended).to.equal(130)
      expect(terminal.shown()).to.not.match(/Error|at .*\.ts/)
      server.release()
      server.close()
    })

    it('is waited for in silence by a reader that is no terminal', async () => {
      const server = await slowServer()
      setTimeout(server.release, 1000)
      const child = spawn(process.execPath, [script, 'instance', 'list'], {
        env: {PATH: process.env['PATH'] ?? '', HOME: folder, MCPX_URL: server.url},
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      expect(await text(child.stderr)).to.equal('There are none.\n')
      server.close()
    })
  })

  it('and in a bare shell without terminal, home and colours nothing hangs', () => {
    const bare = (words: string[]) =>
      spawnSync(process.execPath, [script, ...words], {
        cwd: folder,
        env: {PATH: process.env['PATH'] ?? '', MCPX_URL: 'http://127.0.0.1:9'},
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
        timeout: 20_000,
      })
    const codes = {
      '--help': 0,
      init: 2,
      'init --http-port 18098': 2,
      'init --http-port 18098 --no-input': 0,
      'init --http-port none': 2,
      'proxy list': 1,
      'instance delete x': 2,
      login: 2,
      'backup x': 2,
    }
    expect(bare(['init']).stderr).to.match(/Nobody can be asked for --domain, .*--runner\./)
    expect(existsSync(join(folder, '.env'))).to.equal(false)
    for (const [line, code] of Object.entries(codes)) {
      const {status, stdout, stderr} = bare(line.split(' '))
      expect(status, `${line}\n${stderr}`).to.equal(code)
      expect(stdout + stderr, line).not.to.contain('\u001b')
    }
  })
})
