// What `mcpx init --runner compose` writes, run as it stands: the image of the packed program, and the Redis beside it.
import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect} from 'chai'
import {useBaseImages} from '../../support/base-images.ts'
import {type Cli, openCli} from '../../support/cli.ts'
import {docker, dockerHost} from '../../support/docker.ts'
import {unique} from '../../support/services.ts'
import {until} from '../../support/until.ts'

const project = unique('mcpx-init')
const httpPort = 818

describe('the docker-compose.yml of mcpx init', function () {
  this.timeout(300_000)
  let removeNames = (): void => {}
  let cli: Cli
  const compose = (...words: string[]): string =>
    execFileSync('docker-compose', ['--project-name', project, ...words], {
      cwd: cli.home,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {PATH: process.env['PATH'] ?? '', HOME: cli.home, DOCKER_HOST: dockerHost},
    }).trim()

  before(async () => {
    removeNames = await useBaseImages('node:26-slim', 'redis:8')
    cli = openCli({}, {built: true})
  })
  after(() => {
    compose('down', '--volumes', '--rmi', 'local')
    removeNames()
    cli.close()
  })

  it('builds and serves, with its records in the Redis it brings', async () => {
    const {code, output} = await cli.shell(
      `mcpx init --http-port ${httpPort} --https-port 0 --runner compose --no-input --yes`,
    )
    expect(code, output).to.equal(0)
    expect(output).to.contain('docker compose up --detach --build')
    compose('config', '--quiet')
    compose('up', '--detach', '--build')
    const own = compose('ps', '-q', 'mcpx')
    const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', own)
    await until(() => health() === 'healthy', 'it is healthy', 90_000, 500)
    expect((await fetch(`http://localhost:${httpPort}/health`)).status).to.equal(200)
    expect(docker('exec', own, 'id', '-u')).to.equal('1000')
    const {version} = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'))
    expect(docker('exec', own, 'mcpx', '--version')).to.contain(`mcpx/${version} `)
    docker('exec', own, 'mcpx', 'instance', 'register', 'kept', 'http://127.0.0.1:9')
    const redis = compose('ps', '-q', 'redis')
    const kept = 'redis-cli --no-auth-warning -a "$REDIS_PASSWORD" hkeys mcpx:{mcpx}:instance'
    expect(docker('exec', redis, 'sh', '-c', kept)).to.contain('kept')
  })
})
