// mcpx itself in a container: the image of the Dockerfile, run as docker-compose.yml says, with the Redis beside it.
import {execFileSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {expect} from 'chai'
import {useBaseImages} from '../../support/base-images.ts'
import {docker, dockerHost} from '../../support/docker.ts'
import {until} from '../../support/until.ts'

const root = new URL('../../..', import.meta.url).pathname
const project = `mcpx-test-${randomBytes(4).toString('hex')}`
/** Ports below 1024 need the capability, in the network of the host too. */
const httpPort = 817
const password = randomBytes(16).toString('hex')
const token = `test-${randomBytes(16).toString('hex')}`

const compose = (...words: string[]): string =>
  execFileSync('docker-compose', ['--project-name', project, ...words], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      DOCKER_HOST: dockerHost,
      REDIS_PASSWORD: password,
      ADMIN_TOKEN: token,
      HTTP_PORT: String(httpPort),
      HTTPS_PORT: '0',
    },
  }).trim()

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into documents freely
const inspected = (service: string): any => JSON.parse(docker('inspect', compose('ps', '-q', service)))[0]

describe('mcpx in a container, with docker-compose.yml', function () {
  this.timeout(420_000)
  let removeNames = (): void => {}
  before(async () => {
    removeNames = await useBaseImages('node:26-slim', 'redis:8')
    compose('up', '--detach', '--build')
    await until(() => inspected('mcpx').State.Health.Status === 'healthy', 'it is healthy', 90_000, 500)
  })
  after(() => {
    compose('down', '--volumes', '--rmi', 'local')
    removeNames()
  })

  it('answers on a port below 1024 without being root, on a root that cannot be written', async () => {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/health`)
    expect([answer.status, await answer.json()]).to.have.nested.property('1.status', 'ok')
    const {Config, HostConfig} = inspected('mcpx')
    expect(Config.User).to.equal('1000')
    expect(HostConfig).to.include({ReadonlyRootfs: true, NetworkMode: 'host', Privileged: false})
    expect(HostConfig.CapDrop).to.deep.equal(['ALL'])
    const status = docker('exec', compose('ps', '-q', 'mcpx'), 'sh', '-c', 'id -u; touch /x || echo refused')
    expect(status).to.contain('1000').and.contain('refused')
  })

  it('holds what runs and nothing it is made from', () => {
    const list = docker('exec', compose('ps', '-q', 'mcpx'), 'ls', '/mcpx', '/mcpx/node_modules')
    expect(list).to.contain('dist').and.contain('fastify')
    for (const word of ['src', 'test', 'typescript', 'mocha']) expect(list.split('\n')).to.not.include(word)
  })

  it('keeps its records in a Redis that asks for a password and forgets nothing on demand', async () => {
    const redis = (...words: string[]): string =>
      docker('exec', compose('ps', '-q', 'redis'), 'redis-cli', ...words)
    expect(redis('ping')).to.contain('NOAUTH')
    const known = (...words: string[]): string => redis('--no-auth-warning', '-a', password, ...words)
    for (const word of ['FLUSHALL', 'CONFIG', 'SHUTDOWN']) expect(known(word)).to.contain('unknown command')
    const api = (method: string, path: string, body?: object): Promise<Response> =>
      fetch(`http://localhost:${httpPort}/api/v1${path}`, {
        method,
        headers: {authorization: `Bearer ${token}`, 'content-type': 'application/json'},
        ...(body && {body: JSON.stringify(body)}),
      })
    const made = await api('POST', '/instances', {name: 'kept', target_url: 'http://127.0.0.1:9'})
    expect(made.status, await made.text()).to.equal(201)
    compose('restart', 'mcpx', 'redis')
    await until(
      () =>
        api('GET', '/instances/kept').then(
          ({status}) => status === 200,
          () => false,
        ),
      'the record is still there',
      60_000,
    )
  })

  it('stops by itself when it is told to', () => {
    const id = compose('ps', '-q', 'mcpx')
    compose('stop', '--timeout', '30', 'mcpx')
    expect(JSON.parse(docker('inspect', id))[0].State).to.include({ExitCode: 0, OOMKilled: false})
  })
})
