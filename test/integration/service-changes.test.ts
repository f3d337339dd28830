// Changes of a service that come at the same time, or ask for what is not there; no engine is needed to write them down.
import {mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import tar from 'tar-fs'
import type {Service} from '../../src/core/contract/service.ts'
import {Uploads} from '../../src/server/services/uploads.ts'
import {startApi, type TestApi} from '../support/api.ts'

describe('changes of a service', () => {
  let api: TestApi
  const patch = (body: object, headers?: Record<string, string>) =>
    api.admin('PATCH', '/api/v1/services/shop', body, headers)
  const shown = async (): Promise<Service> => (await api.admin('GET', '/api/v1/services/shop')).body

  before(async () => {
    api = await startApi()
    const now = new Date().toISOString()
    await api.test.records.service.create('shop', {
      service_name: 'shop',
      dockerfile_path: 'Dockerfile',
      built_image: 'sha256:0',
      build_context: `upload:${'a'.repeat(32)}`,
      bind_address: '127.0.0.1',
      memory_limit: '64m',
      port_configs: [],
      wanted: 'running',
      status: 'running',
      health: 'none',
      engine: 'ABCD',
      owner: 'ADMIN',
      created_at: now,
      updated_at: now,
    } as unknown as Service)
  })
  after(() => api.close())

  it('all hold when they come at once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const answers = await Promise.all([
      ...names.map(name => api.admin('POST', '/api/v1/services/shop/ports', {name, container: 8080})),
      patch({memory_limit: '128m'}),
      patch({cpu_limit: 0.5}),
      patch({restart_policy: 'no'}),
      api.admin('POST', '/api/v1/services/shop/stop'),
    ])
    // Only the engine, which is not there, has something against it.
    for (const {status, body} of answers)
      expect(
        status === 201 || status === 200 || body.code === 'engine-unavailable',
        JSON.stringify(body),
      ).to.equal(true)
    const service = await shown()
    expect(service.port_configs.map(({name}) => name)).to.have.members(names)
    expect(service).to.include({
      memory_limit: '128m',
      cpu_limit: 0.5,
      restart_policy: 'no',
      wanted: 'stopped',
    })
  })

  it('are refused when another was meant to be changed', async () => {
    const {revision} = await shown()
    expect((await patch({cpu_limit: 1}, {'if-match': `"${revision}"`})).status).to.equal(200)
    expect((await patch({cpu_limit: 2}, {'if-match': `"${revision}"`})).status).to.equal(412)
    expect(await shown()).to.include({cpu_limit: 1})
  })

  it('may leave an upload that was built and is gone, but not name another that is not there', async () => {
    expect((await patch({memory_limit: '96m'})).status).to.equal(200)
    const before = await shown()
    const {body} = await patch({build_context: `upload:${'f'.repeat(32)}`})
    expect(body.code).to.equal('upload-unknown')
    expect(await shown()).to.deep.equal(before)
  })
})

describe('an upload', () => {
  it('is kept for an hour from its arrival, however old its folder is', async () => {
    const place = mkdtempSync(join(tmpdir(), 'mcpx-old-'))
    try {
      const [folder, kept] = [join(place, 'folder'), join(place, 'uploads')]
      mkdirSync(folder)
      writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n')
      utimesSync(folder, 0, 0)
      const uploads = new Uploads(kept)
      const id = await uploads.accept(tar.pack(folder))
      await uploads.accept(tar.pack(folder))
      expect(uploads.has(id)).to.equal(true)
      utimesSync(uploads.directory(`upload:${id}`), 0, 0)
      await uploads.accept(tar.pack(folder))
      expect(uploads.has(id)).to.equal(false)
    } finally {
      rmSync(place, {recursive: true, force: true})
    }
  })
})
