// An engine that is reached over TCP, beside that of another replica; and one that is not reached.
import {expect} from 'chai'
import {type Answer, startApi} from '../../support/api.ts'
import {docker, dockerHost, images, useDocker} from '../../support/docker.ts'
import {freePort} from '../../support/free-port.ts'
import {ownEngine} from '../../support/own-engine.ts'
import {removeServices, settled, unique} from '../../support/services.ts'

describe('an engine over TCP', function () {
  this.timeout(120_000)

  it('has services of its own, and each replica acts only on its own engine', async () => {
    await useDocker()
    const engine = await ownEngine('10.213.8', {tcp: true})
    const near = await startApi({DOCKER_HOST: dockerHost})
    const far = await startApi({DOCKER_HOST: engine.host}, {of: near.test})
    try {
      const name = unique('far')
      const made = await far.admin('POST', '/api/v1/services', {service_name: name, image: images.web})
      expect(made.status, JSON.stringify(made.body)).to.equal(201)
      const {address, engine: id} = await settled(far, name, 'running')
      expect((await fetch(`http://${address}:8080/cgi-bin/env`)).status).to.equal(200)
      const there = docker('--host', engine.host, 'ps', '--format', '{{.Names}}')
      expect([there, docker('ps', '--format', '{{.Names}}').includes(name)]).to.deep.equal([
        `mcpx-${name}`,
        false,
      ])

      expect((await near.admin('GET', `/api/v1/services/${name}`)).body.engine).to.equal(id)
      for (const path of ['logs', 'stats'])
        expect(codeOf(await near.admin('GET', `/api/v1/services/${name}/${path}`))).to.equal(
          'engine-elsewhere',
        )
      expect(codeOf(await near.admin('POST', `/api/v1/services/${name}/restart`))).to.equal(
        'engine-elsewhere',
      )
      await near.admin('POST', `/api/v1/services/${name}/stop`)
      await settled(near, name, 'stopped')

      const guarded = await far.admin('POST', `/api/v1/services/${name}/ports`, {
        name: 'http',
        source_token: true,
      })
      expect([codeOf(guarded), guarded.body.detail].join()).to.contain(
        'port-unguardable,The engine is on another machine',
      )
    } finally {
      await removeServices(far)
      await far.close()
      await near.close()
      await engine.remove()
    }
  })

  it('where nobody listens is told with its address', async () => {
    const host = `tcp://127.0.0.1:${await freePort()}`
    const api = await startApi({DOCKER_HOST: host})
    try {
      const answer = await api.admin('POST', '/api/v1/services', {service_name: 'web', image: images.web})
      expect([answer.status, codeOf(answer)]).to.deep.equal([503, 'engine-unavailable'])
      expect(answer.body.detail).to.contain(host).and.contain('nobody listens there')
    } finally {
      await api.close()
    }
  })
})

const codeOf = ({body}: Answer): string => body.code
