// The package as npm would publish it: what is in it, how fast it starts, and that it runs in an empty folder.
import {execFileSync, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'
import {serverEnvironment} from '../support/server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the package', function () {
  this.timeout(120_000)
  let folder: string
  let entry: string
  const run = (words: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [entry, ...words], {
      cwd: folder,
      env: {PATH: process.env['PATH'] ?? '', HOME: folder, ...env},
      encoding: 'utf8',
    })

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpx-package-'))
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    execFileSync('tar', ['-xzf', packed.trim().split('\n').at(-1) ?? ''], {cwd: folder})
    // What npm would install beside it.
    symlinkSync(join(root, 'node_modules'), join(folder, 'package', 'node_modules'))
    entry = join(folder, 'package', 'bin', 'run.js')
    writeFileSync(join(folder, 'hook.cjs'), 'eval(process.env.HOOK)')
  })
  after(() => rmSync(folder, {recursive: true, force: true}))

  it('helps, tells its version and completes, from the built files alone', () => {
    expect(run(['--help']).stdout).to.contain('mcpx serve')
    expect(run(['route', 'create', '--help']).stdout).to.contain('--priority')
    expect(run(['complete', '--', 'proxy', 'cr']).stdout).to.equal('create\n')
    expect(run(['proxy-list'], {MCPX_URL: 'http://127.0.0.1:4'}).stderr).to.contain('No answer')
  })

  it('serves, takes commands in another shell without a login, and ends, all in an empty folder', async () => {
    const work = join(folder, 'work')
    mkdirSync(work)
    const env = serverEnvironment(work, {WORKERS: '1'})
    const server = spawn(process.execPath, [entry, 'serve'], {
      cwd: work,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(server, 'exit')
    let shown = ''
    try {
      await new Promise<void>((resolve, reject) => {
        server.stdout.setEncoding('utf8').on('data', piece => {
          shown += piece
          if (shown.includes('Ctrl-C stops it.')) resolve()
        })
        server.once('exit', () => reject(new Error(`it ended:\n${shown}`)))
      })
      const tour = (line: string) =>
        spawnSync(process.execPath, [entry, ...line.split(' ')], {cwd: work, env, encoding: 'utf8'})
      expect(tour('proxy create app.localhost http://127.0.0.1:9').stderr).to.contain('created')
      expect(tour('proxy list --output name').stdout).to.equal('app.localhost\n')
      expect(tour('explain http://app.localhost/x --json').stdout).to.contain('"proxy": "app.localhost"')
      expect(tour('proxy delete app.localhost --yes').status).to.equal(0)
      expect(tour('whoami').stdout).to.match(/^ADMIN \(admin\) at http:\/\/localhost:\d+\n$/)
    } finally {
      server.kill('SIGINT')
    }
    expect((await ended)[0]).to.equal(0)
  })

  /** Runs it with a hook that tells at the end, on descriptor 3, what `telling` is then. */
  const told = (program: string[], telling: string, prelude = ''): number => {
    const hook = `${prelude}; process.on('exit', () => require('node:fs').writeSync(3, String(${telling})))`
    const {output} = spawnSync(process.execPath, ['--require', `${folder}/hook.cjs`, ...program], {
      cwd: folder,
      env: {PATH: process.env['PATH'] ?? '', HOME: folder, MCPX_URL: 'http://127.0.0.1:9', HOOK: hook},
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    return Number(output[3])
  }

  it('loads few files for what is done often', () => {
    const counting = `let n = 0; require('node:module').registerHooks({load(url, context, next) {
      if (url.startsWith('file:')) n++
      return next(url, context)
    }})`
    const files = (...words: string[]): number => told([entry, ...words], 'n', counting)
    expect(files('--help'), '--help').to.be.within(10, 150)
    expect(files('proxy', 'list'), 'proxy list').to.be.within(10, 190)
  })

  it('starts within a few times of Node itself', () => {
    // Microseconds of the processor, which a busy machine stretches too: the least of some runs, in turns.
    const cpu = (program: string[]): number =>
      told(program, '(({user, system}) => user + system)(process.cpuUsage())')
    const programs = {node: ['-e', '0'], help: [entry, '--help'], list: [entry, 'proxy', 'list']}
    const least = {node: Infinity, help: Infinity, list: Infinity}
    for (let round = 0; round < 5; round++)
      for (const [name, program] of Object.entries(programs) as [keyof typeof least, string[]][])
        least[name] = Math.min(least[name], cpu(program))
    const figures = `µs of the processor: ${JSON.stringify(least)}`
    expect(least.help / least.node, figures).to.be.within(1, 12)
    expect(least.list / least.node, figures).to.be.within(1, 16)
  })
})
