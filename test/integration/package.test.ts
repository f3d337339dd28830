// The package as npm would publish it: what is in it, how fast it starts, and that it runs in an empty folder.
import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'

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
  })
  after(() => rmSync(folder, {recursive: true, force: true}))

  it('helps, tells its version and completes, from the built files alone', () => {
    expect(run(['--help']).stdout).to.contain('mcpx serve')
    expect(run(['route', 'create', '--help']).stdout).to.contain('--priority')
    expect(run(['complete', '--', 'proxy', 'cr']).stdout).to.equal('create\n')
    expect(run(['proxy-list'], {MCPX_URL: 'http://127.0.0.1:9'}).stderr).to.contain('No answer')
  })

  it('starts within a few times of Node itself', () => {
    const cpu = (words: string[]): number => {
      const code = `const {execFileSync: e} = require('node:child_process')
        try { e(process.execPath, ${JSON.stringify(words)}, {stdio: 'ignore', env: {...process.env, MCPX_URL: 'http://127.0.0.1:9'}}) } catch {}
        console.log(require('node:fs').readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ').slice(13, 15).reduce((a, b) => +a + +b, 0) * 10)`
      const times = [1, 2, 3].map(() =>
        Number(execFileSync(process.execPath, ['-e', code], {encoding: 'utf8'})),
      )
      return Math.min(...times)
    }
    const node = Math.max(20, cpu(['-e', '0']))
    const times = (words: string[]): number => Math.round(cpu([entry, ...words]) / node)
    expect({'--help': times(['--help']) <= 8, 'proxy list': times(['proxy', 'list']) <= 20}).to.deep.equal({
      '--help': true,
      'proxy list': true,
    })
  })
})
