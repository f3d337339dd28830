// A folder of a browser as an archive: what goes into it, and that any tar can read it.
import {execFileSync} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, posix} from 'node:path'
import {expect} from 'chai'
import {entriesFor, folderOf} from '../../src/web/data/folder.ts'
import {normalize, dirname as ourDirname} from '../../src/web/data/posix-path.ts'
import {type Entry, tarOf} from '../../src/web/data/tar.ts'

const files = (texts: Record<string, string>): Entry[] =>
  Object.entries(texts).map(([path, text]) => ({
    path,
    file: new File([text], posix.basename(path), {lastModified: 1_700_000_000_000}),
  }))

describe('a folder to build', () => {
  it('leaves out what its .dockerignore names, and takes back what that excepts', async () => {
    const folder = await folderOf(
      'app',
      files({
        '.dockerignore': '# not needed\nnode_modules\n**/*.log\n!keep.log\nDockerfile\n./docs//old/\n',
        Dockerfile: 'FROM scratch',
        'src/main.js': 'x',
        'node_modules/a/index.js': 'x',
        'src/deep/out.log': 'x',
        'keep.log': 'x',
        'docs/old/page.md': 'x',
        'docs/new.md': 'x',
      }),
    )
    const paths = (entries: readonly Entry[]): string[] => entries.map(({path}) => path).toSorted()
    expect(paths(folder.entries)).to.deep.equal(['.dockerignore', 'docs/new.md', 'keep.log', 'src/main.js'])
    expect(paths(entriesFor(folder, 'Dockerfile'))).to.include('Dockerfile')
  })

  it('finds Dockerfiles, the likeliest first', async () => {
    const {dockerfiles} = await folderOf(
      'app',
      files({
        'node_modules/x/Dockerfile': '',
        'docker/Dockerfile.prod': '',
        'web.Dockerfile': '',
        'Dockerfile.dockerignore': '',
        Dockerfile: '',
        'Dockerfile.md.txt/readme': '',
      }),
    )
    expect(dockerfiles).to.deep.equal(['Dockerfile', 'web.Dockerfile', 'docker/Dockerfile.prod'])
  })

  it('becomes an archive that tar unpacks to the same files, whatever their names and sizes', async () => {
    const texts: Record<string, string> = {
      'plain.txt': 'hello\n',
      empty: '',
      'one-block': 'x'.repeat(512),
      'a space/and ünïcode/文件.txt': 'words',
    }
    for (const length of [99, 100, 101, 490, 491, 980]) {
      const name = 'n'.repeat(60)
      texts[`${`${name}/`.repeat(20)}`.slice(0, length - 1).replace(/\/$/, 'm') + 'z'] = `length ${length}`
    }
    const directory = mkdtempSync(join(tmpdir(), 'mcpx-tar-'))
    try {
      const archive = Buffer.from(await tarOf(files(texts)).arrayBuffer())
      expect(archive.length % 512).to.equal(0)
      execFileSync('tar', ['-x', '-C', directory], {input: archive, env: {...process.env, LC_ALL: 'C.UTF-8'}})
      const found = readdirSync(directory, {recursive: true, withFileTypes: true})
        .filter(one => one.isFile())
        .map(one => join(one.parentPath, one.name).slice(directory.length + 1))
      expect(found.toSorted()).to.deep.equal(Object.keys(texts).toSorted())
      for (const [path, text] of Object.entries(texts))
        expect(readFileSync(join(directory, path), 'utf8'), path).to.equal(text)
      expect(statSync(join(directory, 'plain.txt')).mode & 0o777).to.equal(0o755)
      expect(statSync(join(directory, 'plain.txt')).mtimeMs).to.equal(1_700_000_000_000)
    } finally {
      rmSync(directory, {recursive: true, force: true})
    }
  })

  it('has paths that are read as Node reads them', () => {
    const paths = [
      '',
      '.',
      './',
      '/',
      'a',
      'a/',
      './a//b/',
      'a/../b',
      '../a',
      '../../a/..',
      '/../a',
      'a/b/..',
      '/a',
    ]
    for (const path of [...paths, 'a/./b/c.txt', '!a//b', '**/*.log', 'a/../..', 'a/../../']) {
      expect(normalize(path), path).to.equal(posix.normalize(path))
      expect(ourDirname(path), path).to.equal(posix.dirname(path))
    }
  })
})
