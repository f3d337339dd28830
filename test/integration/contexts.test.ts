// The contexts on disk: who can read them, whose they are, and that a broken file is named.
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {expect} from 'chai'
import {contextsFile, readContexts, saveContext} from '../../src/cli/contexts.ts'
import {Problem} from '../../src/core/problem.ts'

const isRoot = process.getuid?.() === 0
/** Somebody else where root may act for them, else this user. */
const [uid, gid] = isRoot ? [65534, 65534] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0]

describe('contexts on disk', () => {
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mcpx-home-'))
    chownSync(home, uid, gid)
  })
  afterEach(() => rmSync(home, {recursive: true, force: true}))

  it('belong to the person they are kept for, and nobody else reads them', () => {
    saveContext('local', {url: 'http://localhost:8080', token: 'acm_x'}, {home, uid, gid})
    const file = contextsFile({home})
    for (const path of [file, dirname(file), dirname(dirname(file))]) {
      expect(statSync(path), path).to.include({uid, gid})
    }
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    expect(statSync(dirname(file)).mode & 0o777).to.equal(0o700)
    expect(readdirSync(dirname(file))).to.deep.equal(['contexts.json'])
    expect(process.geteuid?.()).to.equal(process.getuid?.())
  })

  it('are never written where that person may not write', function () {
    const forbidden = join(home, 'not-theirs')
    mkdirSync(forbidden, {mode: isRoot ? 0o700 : 0o500})
    symlinkSync(forbidden, join(home, '.config'))
    const save = (): void => saveContext('local', {url: 'http://localhost'}, {home, uid, gid})
    expect(save).to.throw(Problem, /Contexts cannot be kept in .*EACCES/)
    expect(readdirSync(forbidden)).to.deep.equal([])
  })

  it('keep the other servers, and the current one unless told', () => {
    saveContext('one', {url: 'http://localhost:1'}, {home})
    saveContext('two', {url: 'http://localhost:2', token: 't'}, {home, makeCurrent: false})
    expect(readContexts({home})).to.deep.equal({
      current: 'one',
      contexts: {one: {url: 'http://localhost:1'}, two: {url: 'http://localhost:2', token: 't'}},
    })
  })

  it('are named when they cannot be understood, and left as they are', () => {
    const file = contextsFile({home})
    mkdirSync(dirname(file), {recursive: true})
    writeFileSync(file, '{"contexts": 3')
    expect(() => saveContext('one', {url: 'http://localhost'}, {home}))
      .to.throw(Problem, file)
      .with.property('code', 'usage')
    expect(statSync(file).size).to.equal(14)
  })
})
