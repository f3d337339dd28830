// A build context packed for the engine.

import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import {pipeline} from 'node:stream/promises'
import {createGunzip} from 'node:zlib'
import {expect} from 'chai'
import tar from 'tar-fs'
import {packedContext} from '../../src/server/services/context.ts'

describe('a build context', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mcpx-context-'))
  })
  afterEach(() => rmSync(directory, {recursive: true, force: true}))

  it('is packed without what its .dockerignore names, but with its exceptions and the Dockerfile', async () => {
    for (const folder of ['data', 'sub']) mkdirSync(join(directory, folder))
    for (const name of ['data/kept', 'data/secret', 'sub/Dockerfile', 'other', 'left'])
      writeFileSync(join(directory, name), name)
    writeFileSync(join(directory, '.dockerignore'), 'data\n!data/kept\nsub\nother\n')
    const {archive, failure} = packedContext(directory, './sub/Dockerfile')
    const names: string[] = []
    const out = mkdtempSync(join(tmpdir(), 'mcpx-context-'))
    try {
      const map = (header: tar.Headers): tar.Headers => {
        if (header.type === 'file') names.push(header.name)
        return header
      }
      await pipeline(archive, createGunzip(), tar.extract(out, {map}))
    } finally {
      rmSync(out, {recursive: true, force: true})
    }
    expect(names).to.have.members(['.dockerignore', 'data/kept', 'sub/Dockerfile', 'left'])
    expect(failure()).to.equal(undefined)
  })

  it('of which something vanishes while it is packed ends with the reason', async () => {
    // More than fits into buffers: the second one is not looked at before somebody reads the first.
    const large = ['one', 'two'].map(name => join(directory, name))
    for (const path of large) writeFileSync(path, randomBytes(4 * 1024 ** 2))
    const {archive, failure} = packedContext(directory, 'Dockerfile')
    await once(archive, 'readable')
    for (const path of large) rmSync(path)
    const read = await buffer(archive).catch(error => error)
    expect(read).to.be.instanceOf(Error)
    expect(failure()?.message).to.contain('cannot be read: ENOENT').and.contain(directory)
  })

  it('that is not there ends with the reason', async () => {
    const {archive, failure} = packedContext(join(directory, 'gone'), 'Dockerfile')
    await buffer(archive).catch(() => {})
    expect(failure()?.message).to.contain('ENOENT')
  })
})
