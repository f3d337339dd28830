// mcpx itself in a container: the image of the Dockerfile, run as docker-compose.yml says, with the Redis beside it; and
// in a network of its own, with the socket of the engine.
import {execFileSync, spawnSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {statSync} from 'node:fs'
import {get, type IncomingMessage} from 'node:http'
import {connect} from 'node:tls'
import {expect} from 'chai'
import {useBaseImages} from '../../support/base-images.ts'
import {docker, dockerHost, images} from '../../support/docker.ts'
import {unique} from '../../support/services.ts'
import {until} from '../../support/until.ts'

const root = new URL('../../..', import.meta.url).pathname
const project = unique('mcpx-test')
const bridged = `${project}-bridged`
/** Ports below 1024 need the capability, in the network of the host too. */
const httpPort = 817
const password = randomBytes(16).toString('hex')

const compose = (...words: string[]): string =>
  execFileSync('docker-compose', ['--project-name', project, ...words], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      DOCKER_HOST: dockerHost,
      REDIS_PASSWORD: password,
      ADMIN_TOKEN: '',
      BASE_DOMAIN: '',
      HTTP_PORT: String(httpPort),
      HTTPS_PORT: '0',
    },
  }).trim()

const container = (service: string): string => compose('ps', '-q', service)
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into documents freely
const inspected = (id: string): any => JSON.parse(docker('inspect', id))[0]

interface Run {
  code: number | null
  out: string
}

/** The command line in a container, with all it says. */
function mcpx(id: string, ...words: string[]): Run {
  const {status, stdout, stderr} = spawnSync('docker', ['exec', id, 'mcpx', ...words], {
    encoding: 'utf8',
    env: {...process.env, DOCKER_HOST: dockerHost},
  })
  return {code: status, out: stdout + stderr}
}

const isHealthy = (id: string) => () => inspected(id).State.Health.Status === 'healthy'

describe('mcpx in a container', function () {
  this.timeout(600_000)
  let removeNames = (): void => {}
  let own = ''
  before(async () => {
    removeNames = await useBaseImages('node:26-slim', 'redis:8')
    compose('up', '--detach', '--build')
    own = container('mcpx')
    await until(isHealthy(own), 'it is healthy', 90_000, 500)
  })
  after(() => {
    spawnSync('docker', ['rm', '--force', '--volumes', bridged], {
      stdio: 'ignore',
      env: {...process.env, DOCKER_HOST: dockerHost},
    })
    compose('down', '--volumes')
    removeNames()
  })

  it('answers on a port below 1024 without being root, on a root that cannot be written', async () => {
    const answer = await fetch(`http://localhost:${httpPort}/health`)
    expect([answer.status, await answer.json()]).to.have.nested.property('1.status', 'ok')
    const {Config, HostConfig} = inspected(own)
    expect(Config.User).to.equal('1000')
    expect(HostConfig).to.include({ReadonlyRootfs: true, NetworkMode: 'host', Privileged: false})
    expect(HostConfig.CapDrop).to.deep.equal(['ALL'])
    const status = docker('exec', own, 'sh', '-c', 'id -u; touch /x 2>&1 || echo refused')
    expect(status).to.contain('1000').and.contain('refused')
  })

  it('holds what runs and nothing it is made from', () => {
    const list = docker('exec', own, 'ls', '/mcpx', '/mcpx/node_modules').split('\n')
    expect(list).to.include.members(['dist', 'fastify'])
    for (const word of ['src', 'test', 'typescript', 'mocha', 'vite']) expect(list).to.not.include(word)
    expect(Number.parseInt(docker('exec', own, 'du', '-sm', '/mcpx'), 10)).to.be.lessThan(100)
  })

  it('has the command line, logged in', () => {
    expect(mcpx(own, 'health')).to.deep.include({code: 0})
    expect(mcpx(own, 'token', 'list').out).to.contain('ADMIN')
  })

  it('says what to do about services where the socket of the engine is not mounted', () => {
    const {code, out} = mcpx(own, 'service', 'create', 'web', '--image', images.web)
    expect(code).to.equal(1)
    expect(out).to.contain('No container engine at unix:///var/run/docker.sock').and.contain('DOCKER_HOST')
  })

  it('keeps its records in a Redis that asks for a password and forgets nothing on demand', async () => {
    const redis = (...words: string[]): string => docker('exec', container('redis'), 'redis-cli', ...words)
    expect(redis('ping')).to.contain('NOAUTH')
    const known = (...words: string[]): string => redis('--no-auth-warning', '-a', password, ...words)
    for (const word of ['FLUSHALL', 'CONFIG', 'SHUTDOWN']) expect(known(word)).to.contain('unknown command')
    expect(known('INFO', 'persistence')).to.contain('aof_enabled:1')
    expect(mcpx(own, 'instance', 'register', 'kept', 'http://127.0.0.1:9')).to.deep.include({code: 0})
    compose('restart', '--timeout', '30', 'redis')
    compose('restart', '--timeout', '30', 'mcpx')
    await until(() => mcpx(own, 'instance', 'show', 'kept').code === 0, 'the record is still there', 60_000)
  })

  it('stops by itself when it is told to', () => {
    compose('stop', '--timeout', '30', 'mcpx')
    expect(inspected(own).State).to.include({ExitCode: 0, OOMKilled: false})
  })

  it('has ports 80 and 443 in a network of its own, and refuses ports that would have to be those of the machine', async () => {
    const socket = new URL(dockerHost).pathname
    const mount = ['--volume', `${socket}:/var/run/docker.sock`, '--group-add', String(statSync(socket).gid)]
    const confined = [
      '--read-only',
      '--tmpfs',
      '/tmp',
      '--cap-drop',
      'ALL',
      '--security-opt',
      'no-new-privileges',
    ]
    const variables = [`REDIS_PASSWORD=${password}`, 'REDIS_URL=redis://redis:6379/1', 'HTTPS_PORT=443']
    const network = ['--network', `${project}_default`]
    const words = [...network, ...mount, ...confined, ...variables.flatMap(one => ['--env', one])]
    docker('run', '--detach', '--name', bridged, ...words, 'mcpx')
    await until(isHealthy(bridged), 'it is healthy', 90_000, 500)
    // From the beginning: to join it later could cut every open connection.
    await until(() => 'bridge' in inspected(bridged).NetworkSettings.Networks, 'it is in the default network')
    expect(docker('exec', bridged, 'id', '-u')).to.equal('1000')
    const {IPAddress} = inspected(bridged).NetworkSettings.Networks[`${project}_default`]
    expect((await fetch(`http://${IPAddress}/`)).status).to.equal(421)
    const tls = connect({host: IPAddress, port: 443, servername: 'localhost', rejectUnauthorized: false})
    await once(tls, 'secureConnect')
    tls.destroy()
    const guarded = JSON.stringify([{name: 'http', source_token: true}])
    const fields = [`service_name=${unique('guarded')}`, `image=${images.web}`, `port_configs=${guarded}`]
    const {code, out} = mcpx(bridged, 'api', 'POST', '/services', ...fields.flatMap(one => ['--field', one]))
    expect([code, out].join()).to.contain('1,').and.contain(`the network \`${project}_default\``)
  })

  it('in a network of its own joins those of the services it makes, so that it reaches them', async () => {
    const name = unique('near')
    const made = mcpx(bridged, 'service', 'create', name, '--image', images.web, '--proxy', 'near.localhost')
    try {
      expect(made, made.out).to.deep.include({code: 0})
      const {IPAddress, Networks} = inspected(bridged).NetworkSettings
      expect(Networks).to.have.property('bridge')
      const asking = get(`http://${IPAddress}/cgi-bin/env`, {headers: {host: 'near.localhost'}})
      const [answer] = (await once(asking, 'response')) as [IncomingMessage]
      answer.resume()
      expect(answer.statusCode).to.equal(200)
    } finally {
      mcpx(bridged, 'service', 'delete', name, '--delete-proxy', '--yes')
    }
  })

  it('says why it cannot reach a service whose network it may not join, and keeps the others', async () => {
    const name = unique('far')
    const other = unique('near')
    // Room for one address beside that of the engine: the service gets it.
    const tight = unique('tight')
    docker('network', 'create', '--subnet', '10.213.250.0/30', `mcpx.ADMIN.${tight}`)
    try {
      const create = ['service', 'create']
      expect(mcpx(bridged, ...create, other, '--image', images.web)).to.deep.include({code: 0})
      const {code, out} = mcpx(bridged, ...create, name, '--image', images.web, '--network', tight)
      expect([code, out].join())
        .to.contain('1,')
        .and.contain(`cannot join the network \`mcpx.ADMIN.${tight}\` to reach the service`)
      expect(mcpx(bridged, 'service', 'list').out).to.match(new RegExp(`${other} +running`))
    } finally {
      for (const one of [name, other]) mcpx(bridged, 'service', 'delete', one, '--yes')
      docker('network', 'rm', `mcpx.ADMIN.${tight}`)
    }
  })
})
