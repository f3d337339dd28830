// The engine or mcpx stopped and started again under running services, and many services at once.
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import {type Answer, type Caller, startApi, type TestApi} from '../../support/api.ts'
import {docker, dockerHost, images, useDocker} from '../../support/docker.ts'
import {ownEngine} from '../../support/own-engine.ts'
import {startServer, type TestServer} from '../../support/server.ts'
import {inspect, removeServices, settled, unique} from '../../support/services.ts'
import {until} from '../../support/until.ts'

describe('when the engine is stopped and started again', function () {
  this.timeout(180_000)

  it('its services come back by themselves, and requests to other targets never notice', async () => {
    const engine = await ownEngine('10.213.7')
    const server = await startServer({env: {DOCKER_HOST: engine.host}})
    const other = createServer((_, response) => response.end('other')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    try {
      const admin = callOf(server)
      const {port} = other.address() as AddressInfo
      await admin('POST', '/api/v1/proxy/targets', {
        hostname: '127.0.0.1',
        target_url: `http://127.0.0.1:${port}`,
      })
      const name = unique('web')
      const made = await admin('POST', '/api/v1/services', {service_name: name, image: images.web})
      expect(made.status, JSON.stringify(made.body)).to.equal(201)
      await settled({admin}, name, 'running')
      const route = {
        path_pattern: '/cgi-bin',
        target_type: 'service',
        target_value: name,
        hosts: ['127.0.0.1'],
      }
      expect((await admin('POST', '/api/v1/routes', route)).status).to.equal(201)
      const status = async (path: string): Promise<number> =>
        (await fetch(`http://127.0.0.1:${server.port}${path}`)).status
      await until(
        async () => (await status('/cgi-bin/env')) === 200,
        'the service answers through the gateway',
      )

      // It ignores that it should end, so that the engine goes on ending for a while after it has ended the service.
      docker('--host', engine.host, 'run', '--detach', '--stop-timeout', '3', images.web, 'sleep', '600')
      const seen = new Set<number>()
      let asking = true
      const asked = (async () => {
        while (asking) seen.add(await status('/'))
      })()
      await engine.stop()
      expect(await status('/cgi-bin/env')).to.be.oneOf([502, 503, 504])
      const refused = await admin('POST', '/api/v1/services', {
        service_name: unique('web'),
        image: images.web,
      })
      expect(refused.body.code).to.equal('engine-unavailable')
      expect((await admin('GET', `/api/v1/services/${name}`)).status).to.equal(200)
      await engine.start()
      await until(async () => (await status('/cgi-bin/env')) === 200, 'the service is back', 60_000, 100)
      asking = false
      await asked
      expect([...seen]).to.deep.equal([200])
      await removeServices({admin})
    } finally {
      other.close()
      other.closeAllConnections()
      await server.stop()
      await engine.remove()
    }
  })
})

describe('when mcpx is started again', function () {
  this.timeout(120_000)

  it('it takes over its containers, and follows one to the address it has by then', async () => {
    await useDocker()
    const home = mkdtempSync(join(tmpdir(), 'mcpx-home-'))
    const name = unique('web')
    const fillers: string[] = []
    let server = await startServer({home, env: {DOCKER_HOST: dockerHost}})
    const admin: Caller = async (method, path, body) => callOf(server)(method, path, body)
    const ask = async (): Promise<number> =>
      (await fetch(`http://127.0.0.1:${server.port}/cgi-bin/env`)).status
    try {
      await admin('POST', '/api/v1/services', {service_name: name, image: images.web})
      const before = await settled({admin}, name, 'running')
      const published = await admin('POST', `/api/v1/services/${name}/proxy`, {hostname: '127.0.0.1'})
      expect(published.status, JSON.stringify(published.body)).to.equal(201)
      await until(async () => (await ask()) === 200, 'the service answers through the gateway')

      await server.stop()
      expect(inspect(name).State.Running).to.equal(true)
      docker('stop', '--time', '1', `mcpx-${name}`)
      // Others take the addresses that are free now, until it has lost its own.
      const taken = (): boolean =>
        fillers.some(id => docker('inspect', '--format', address, id) === before.address)
      while (!taken() && fillers.length < 30) fillers.push(docker('run', '--detach', images.web))

      server = await startServer({home, env: {DOCKER_HOST: dockerHost}})
      await until(async () => (await ask()) === 200, 'the service answers again', 30_000)
      const after = await settled({admin}, name, 'running')
      expect(after.container_id).to.equal(before.container_id)
      expect(after.address).to.not.equal(before.address)
      const {target_url} = (await admin('GET', `/api/v1/instances/docker-${name}`)).body
      expect(target_url).to.equal(`http://${after.address}:8080`)
    } finally {
      await removeServices({admin})
      await server.stop()
      if (fillers.length > 0) docker('rm', '--force', ...fillers)
      rmSync(home, {recursive: true, force: true})
    }
    expect(() => inspect(name)).to.throw()
  })
})

const address = '{{.NetworkSettings.IPAddress}}'

const callOf =
  (server: TestServer): Caller =>
  async (method, path, body) => {
    const response = await fetch(server.url + path, {
      method,
      headers: {
        authorization: `Bearer ${server.adminToken}`,
        ...(body !== undefined && {'content-type': 'application/json'}),
      },
      ...(body !== undefined && {body: JSON.stringify(body)}),
    })
    const text = await response.text()
    return {status: response.status, headers: response.headers, body: text === '' ? '' : JSON.parse(text)}
  }

describe('50 services', function () {
  this.timeout(240_000)

  it('are listed and measured in under 2 seconds', async () => {
    await useDocker()
    const api = await startApi({DOCKER_HOST: dockerHost})
    try {
      const names = Array.from({length: 50}, () => unique('many'))
      for (const service_name of names)
        await api.admin('POST', '/api/v1/services', {service_name, image: images.web, memory_limit: '16m'})
      await until(
        async () => {
          const {items} = (await api.admin('GET', '/api/v1/services')).body
          return items.every((one: Answer['body']) => one.status === 'running')
        },
        '50 services run',
        180_000,
        500,
      )
      const look = async ({admin}: Pick<TestApi, 'admin'>): Promise<Answer['body']> => {
        const start = performance.now()
        const list = await admin('GET', '/api/v1/services')
        const {body} = await admin('GET', '/api/v1/services/stats')
        expect(performance.now() - start).to.be.lessThan(2000)
        expect(list.body.items).to.have.length(50)
        const measured: string[] = body.items.map((one: Answer['body']) => one.service_name)
        expect([...measured, ...body.unmeasured]).to.have.members(names)
        for (const one of body.items) expect(one.memory_used).to.be.within(1, 16 * 1024 ** 2)
        return body
      }
      await look(api)
      // One that has just begun has measured none of them before.
      const begun = await startApi({DOCKER_HOST: dockerHost}, {of: api.test})
      try {
        await look(begun)
        await until(
          async () => {
            const {items} = await look(begun)
            return items.filter((one: Answer['body']) => one.cpu_percent >= 0).length === 50
          },
          'each has a rate',
          30_000,
        )
      } finally {
        await begun.close()
      }
    } finally {
      await removeServices(api)
      await api.close()
    }
  })
})
