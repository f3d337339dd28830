// The published entry, as far as it goes before anything of mcpx is loaded.
import {spawnSync} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'

describe('bin/run.js', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpx-entry-'))
    mkdirSync(join(folder, 'bin'))
    cpSync(new URL('../../bin/run.js', import.meta.url), join(folder, 'bin', 'run.js'))
  })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))

  const runWith = (node: string): {status: number | null; stderr: string} => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({type: 'module', engines: {node}}))
    return spawnSync(process.execPath, [join(folder, 'bin', 'run.js'), '--help'], {encoding: 'utf8'})
  }

  it('says in one line which Node it needs when this one is too old', () => {
    const [major = '', minor = '', patch = ''] = process.versions.node.split('.')
    for (const needed of [
      `${Number(major) + 1}.0.0`,
      `${major}.${Number(minor) + 1}.0`,
      `${major}.${minor}.${Number(patch) + 1}`,
    ]) {
      const {status, stderr} = runWith(`>=${needed}`)
      expect(stderr).to.equal(`mcpx needs Node ≥ ${needed} (this is ${process.version})\n`)
      expect(status).to.equal(1)
    }
  })

  it('goes on with a Node that is new enough, and says when nothing is built', () => {
    for (const needed of [process.versions.node, '22.99.99', '1.0.0']) {
      expect(runWith(`>=${needed}`).stderr).to.contain('not built yet')
    }
  })
})
