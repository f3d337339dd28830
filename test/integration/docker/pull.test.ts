// Images from a registry: what the engine says while it pulls arrives while it pulls, and why it cannot is told.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'
import {startApi} from '../../support/api.ts'
import {docker, dockerHost, images, useDocker} from '../../support/docker.ts'
import {type Registry, startRegistry} from '../../support/registry.ts'
import {startServer, type TestServer} from '../../support/server.ts'
import {settled, unique} from '../../support/services.ts'
import {until} from '../../support/until.ts'

const entry = fileURLToPath(new URL('../../../bin/dev.js', import.meta.url))

describe('an image that the engine has to pull', function () {
  this.timeout(90_000)
  let registry: Registry
  let server: TestServer
  let image: string
  const made: string[] = []
  before(async function () {
    this.timeout(150_000)
    await useDocker()
    const directory = mkdtempSync(join(tmpdir(), 'mcpx-pull-'))
    const local = `mcpx-test/${unique('pull')}:1`
    try {
      // A layer that this engine never had.
      writeFileSync(join(directory, 'Dockerfile'), `FROM ${images.web}\nRUN echo ${unique('x')} > /www/x\n`)
      docker('build', '--quiet', '--no-cache', '--tag', local, directory)
      registry = await startRegistry(local)
      docker('image', 'rm', local)
    } finally {
      rmSync(directory, {recursive: true, force: true})
    }
    image = `${registry.host}/thing:1`
    server = await startServer({env: {DOCKER_HOST: dockerHost}})
  })
  afterEach(async () => {
    registry.release()
    for (const name of made.splice(0)) await mcpx('service', 'delete', name, '--yes').closed
    if (docker('image', 'ls', '--quiet', image) !== '') docker('image', 'rm', image)
  })
  after(async () => {
    await server.stop()
    await registry.close()
  })

  /** The command line, with what it has printed so far. */
  function mcpx(...words: string[]) {
    const child = spawn(process.execPath, [entry, ...words], {
      env: {...process.env, MCPX_URL: server.url, MCPX_TOKEN: server.adminToken},
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const printed = {out: '', err: ''}
    child.stdout.setEncoding('utf8').on('data', piece => (printed.out += piece))
    child.stderr.setEncoding('utf8').on('data', piece => (printed.err += piece))
    return {printed, closed: once(child, 'close') as Promise<[number]>}
  }

  function fresh(): string {
    const name = unique('pulled')
    made.push(name)
    return name
  }

  it('is pulled under the eyes of who asked for it, layer by layer', async () => {
    registry.hold()
    const {printed, closed} = mcpx('service', 'create', fresh(), '--image', image)
    await until(
      () => /\b[0-9a-f]{12}: Pulling fs layer/.test(printed.err),
      'the command prints what is pulled, before it is there',
      30_000,
    )
    expect(printed.err).to.contain(`Pulling ${image}`).and.not.contain('Pull complete')
    registry.release()
    const [code] = await closed
    expect(code, printed.err).to.equal(0)
    expect(printed.err)
      .to.match(/\b[0-9a-f]{12}: Pull complete/)
      .and.contain(`Status: Downloaded newer image for ${image}`)
      .and.contain('runs')
  })

  it('is told of by the API as it comes, one event a step', async () => {
    const headers = {authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json'}
    const name = fresh()
    registry.hold()
    const body = JSON.stringify({service_name: name, image})
    const created = await fetch(`${server.url}/api/v1/services`, {method: 'POST', headers, body})
    expect(created.status).to.equal(201)
    const progress = await fetch(`${server.url}/api/v1/services/${name}/progress`, {headers})
    let text = ''
    const whole = (async () => {
      for await (const piece of progress.body ?? []) text += Buffer.from(piece).toString()
    })()
    await until(() => text.includes('Pulling fs layer'), 'the event arrives before the layer', 30_000)
    expect(text).to.not.contain('Pull complete')
    registry.release()
    await whole
    const events = text.trim().split('\n')
    expect(events.find(event => event.includes('Pull complete'))).to.contain('"status":"creating"')
    expect(events.at(-1)).to.contain('"status":"running"')
  })

  it('and that nobody has fails with what the registry says', async () => {
    const unknown = `${registry.host}/thing:2`
    const {printed, closed} = mcpx('service', 'create', fresh(), '--image', unknown)
    expect((await closed)[0]).to.equal(1)
    expect(printed.err).to.contain(`the image ${unknown} cannot be pulled`).and.contain('manifest')
  })

  it('is given up when the service wants another one, is deleted, or mcpx ends, however long it would take', async () => {
    registry.hold()
    const api = await startApi({DOCKER_HOST: dockerHost})
    const pulling = async (): Promise<string> => {
      const name = unique('pulled')
      const {status} = await api.admin('POST', '/api/v1/services', {service_name: name, image})
      expect(status).to.equal(201)
      const gaveUp = new AbortController()
      for await (const {text} of api.services.progress(name, gaveUp.signal))
        if (text.includes('Pulling fs layer')) gaveUp.abort()
      return name
    }
    try {
      const changed = await pulling()
      await api.admin('PATCH', `/api/v1/services/${changed}`, {image: images.web})
      await settled(api, changed, 'running')
      expect((await api.admin('DELETE', `/api/v1/services/${changed}`)).status).to.equal(204)
      const gone = await pulling()
      expect((await api.admin('DELETE', `/api/v1/services/${gone}`)).status).to.equal(204)
      const left = await pulling()
      await api.services.stop()
      const {status, reason} = (await api.admin('GET', `/api/v1/services/${left}`)).body
      expect([status, reason]).to.deep.equal(['creating', undefined])
    } finally {
      await api.close()
    }
  })
})
