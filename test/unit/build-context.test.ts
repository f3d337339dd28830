// What the command line sends of a folder to be built.
import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {expect} from 'chai'
import {buildContext} from '../../src/cli/build-context.ts'

describe('a build context', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpx-context-'))
  })
  afterEach(() => rmSync(folder, {recursive: true}))

  function write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), {recursive: true})
      writeFileSync(join(folder, name), text)
    }
  }

  async function sent(dockerfile: string): Promise<string[]> {
    const {archive} = buildContext(join(folder, dockerfile), folder)
    const input = await buffer(Readable.fromWeb(archive as never))
    const names = execFileSync('tar', ['--list'], {input, encoding: 'utf8'}).trim().split('\n')
    return names.filter(name => name !== '.').toSorted()
  }

  it('leaves out what .dockerignore names, but neither its exceptions nor the Dockerfile', async () => {
    write({
      '.dockerignore': 'data\n!data/kept/a.txt\nnode_modules\ndocker\n*.log\n',
      'data/big': '',
      'data/kept/a.txt': '',
      'data/kept/b.txt': '',
      'node_modules/x/y': '',
      'docker/Dockerfile': 'FROM scratch\n',
      'docker/other': '',
      'noise.log': '',
      'program.js': '',
    })
    expect(await sent('docker/Dockerfile')).to.deep.equal([
      '.dockerignore',
      'data',
      'data/kept',
      'data/kept/a.txt',
      'docker',
      'docker/Dockerfile',
      'program.js',
    ])
  })

  it('is all of it, empty folders too, where there is no .dockerignore', async () => {
    write({Dockerfile: 'FROM scratch\n', 'a/b': ''})
    mkdirSync(join(folder, 'empty'))
    expect(await sent('Dockerfile')).to.deep.equal(['Dockerfile', 'a', 'a/b', 'empty'])
  })
})
