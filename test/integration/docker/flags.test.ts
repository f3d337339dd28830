// What `service create`, `logs` and `stats` take, with the real command line and engine: each flag as the engine has it.
import {execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'
import {type Cli, openCli} from '../../support/cli.ts'
import {docker, dockerHost, images, useDocker} from '../../support/docker.ts'
import {startServer, type TestServer} from '../../support/server.ts'
import {inspect, unique} from '../../support/services.ts'
import {until} from '../../support/until.ts'

const entry = fileURLToPath(new URL('../../../bin/dev.js', import.meta.url))

describe('the flags of services', function () {
  this.timeout(90_000)
  let server: TestServer
  let cli: Cli
  let directory: string
  const made: string[] = []
  before(async () => {
    await useDocker()
    server = await startServer({env: {DOCKER_HOST: dockerHost, SERVICE_IMAGES: 'mcpx-test/*'}})
    cli = openCli({MCPX_URL: server.url, MCPX_TOKEN: server.adminToken, COLOUR: 'of the shell'})
    directory = mkdtempSync(join(tmpdir(), 'mcpx-flags-'))
  })
  after(async () => {
    for (const name of made) await cli.run(['service', 'delete', name, '--yes'])
    await cli.run(['cleanup'])
    await server.stop()
    cli.close()
    rmSync(directory, {recursive: true, force: true})
  })

  /** What the last command said on standard error. */
  let told = ''
  async function ok(...words: string[]): Promise<string> {
    const {code, stdout, stderr} = await cli.run(words)
    expect(code, stderr + stdout).to.equal(0)
    told = stderr
    return stdout
  }

  /** A service that runs; answers its name. */
  async function create(...words: string[][]): Promise<string> {
    const name = unique('flags')
    made.push(name)
    await ok('service', 'create', name, ...words.flat())
    return name
  }

  /** Runs until it has printed what matches, then gets Ctrl-C. */
  async function interrupted(words: string[], pattern: RegExp): Promise<{code: number; text: string}> {
    const child = spawn(process.execPath, [entry, ...words], {
      env: {...process.env, HOME: cli.home, MCPX_URL: server.url, MCPX_TOKEN: server.adminToken},
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', piece => {
      text += piece
    })
    const closed = once(child, 'close') as Promise<[number]>
    await until(() => pattern.test(text), `${words.join(' ')} prints ${pattern}`, 30_000)
    child.kill('SIGINT')
    const [code] = await closed
    return {code, text}
  }

  it('give it variables, of which the later win, volumes, networks, labels and a health check', async () => {
    const file = join(directory, 'settings.env')
    writeFileSync(file, '# a comment\nSHAPE=round\n\nSIZE=small = tiny\n')
    const [volume, network] = [unique('data'), unique('net')]
    let [ownVolume, ownNetwork] = ['', '']
    const foreign = `mcpx.ADMIN.${unique('foreign')}`
    try {
      const name = await create(
        ['--image', images.web, '--port', '8080', '--label', 'team=blue', '--restart', 'on-failure'],
        ['--env-file', file, '--env', 'SHAPE=square', '-e', 'COLOUR', '-e', 'EMPTY='],
        ['--volume', `${volume}:/data`, '--volume', `${directory}:/host:ro`, '--network', network],
        ['--health-cmd', 'test -e /host/settings.env', '--health-interval', '1', '--no-read-only'],
      )
      expect(told).to.contain(`Made the network ${network}`).and.contain(`Made the volume ${volume}`)
      const {Config, HostConfig, Mounts, NetworkSettings, State} = inspect(name)
      expect(Config.Env).to.include.members([
        'SHAPE=square',
        'SIZE=small = tiny',
        'COLOUR=of the shell',
        'EMPTY=',
      ])
      expect(Config.Labels).to.include({team: 'blue'})
      expect(Config.Healthcheck.Test).to.deep.equal(['CMD-SHELL', 'test -e /host/settings.env'])
      expect(State.Health.Status).to.equal('healthy')
      expect(HostConfig.ReadonlyRootfs).to.equal(false)
      expect(HostConfig.RestartPolicy.Name).to.equal('on-failure')
      ;[ownNetwork = ''] = Object.keys(NetworkSettings.Networks)
      ownVolume = Mounts.find((one: {Destination: string}) => one.Destination === '/data').Name
      const installation = String(Config.Labels['mcpx.installation']).slice(0, 8)
      expect(ownNetwork).to.equal(`mcpx.ADMIN.${network}.${installation}`)
      expect(ownVolume).to.equal(`mcpx.ADMIN.${volume}.${installation}`)
      const mounts = Mounts.map((one: Record<string, unknown>) => [
        one['Destination'],
        one['RW'],
        one['Name'],
      ])
      expect(mounts).to.have.deep.members([
        ['/data', true, ownVolume],
        ['/host', false, undefined],
      ])
      expect(await ok('service', 'show', name, '--json')).to.contain('"health": "healthy"')
      docker('volume', 'create', foreign)
      docker('network', 'create', foreign)
      const names = (): string => docker('volume', 'ls', '--quiet') + docker('network', 'ls')
      expect(await ok('cleanup', '--delete-volumes', '--yes'))
        .to.not.contain(volume)
        .and.not.contain(network)
      await ok('service', 'delete', made.pop() ?? '', '--yes')

      const {stdout, stderr} = await cli.run(['cleanup'])
      expect(stdout).to.contain(`network ${ownNetwork}`)
      expect(stderr).to.contain(`Left with its data: volume ${ownVolume}`)
      const asked = await cli.run(['cleanup', '--delete-volumes'])
      expect([asked.code, asked.stderr].join()).to.contain('with the data in them')
      expect(names()).to.contain(ownVolume)
      expect(await ok('cleanup', '--delete-volumes', '--yes')).to.equal(`volume ${ownVolume}\n`)
      expect(names()).to.not.contain(volume).and.not.contain(network)
      expect(names().match(new RegExp(foreign, 'g'))).to.have.length(2)
    } finally {
      docker('volume', 'rm', '--force', ownVolume, foreign)
      docker('network', 'rm', foreign)
    }
  })

  it('can be taken back, and what a list loses is named without its value', async () => {
    const name = await create([
      '--image',
      images.web,
      '--port',
      '8080',
      '-e',
      'KEEP=a',
      '-e',
      'PEM=secret-of-a-key',
    ])
    const wrong = await cli.run(['service', 'update', name, '--user', 'nosuchuser'])
    expect([wrong.code, wrong.stderr].join()).to.contain('1,').and.contain('nosuchuser')
    const mended = await cli.run(['service', 'update', name, '--unset', 'user', '--env', 'KEEP=b'])
    expect(mended.code, mended.stderr).to.equal(0)
    expect(mended.stderr).to.contain('! env no longer: PEM\n').and.not.contain('secret-of-a-key')
    const added = await cli.run(['service', 'update', name, '--add-env', 'NEW=1', '--json'])
    const {user, environment} = JSON.parse(added.stdout)
    expect({user, environment}).to.deep.equal({user: undefined, environment: {KEEP: 'b', NEW: '1'}})
  })

  it('are checked before anything is made', async () => {
    const context = join(directory, 'large')
    mkdirSync(context)
    writeFileSync(join(context, 'Dockerfile'), `FROM ${images.web}\n`)
    writeFileSync(join(context, 'film'), '')
    truncateSync(join(context, 'film'), 1.5 * 1024 ** 3)
    const image = ['--image', images.web]
    const refused: [words: string[], said: string][] = [
      [[...image, '--memory', '1k'], '`1k` is less than an engine gives, 6 MiB'],
      [[...image, '--memory', '9999999999999999g'], 'more than any machine has'],
      [[...image, '--cpus', '31.5'], 'CPUs of the engine’s machine'],
      [[...image, '--volume', '../data:/data'], '`../data` is neither the name of a volume nor a path'],
      [[...image, '--volume', 'data:/'], 'the root is not a place'],
      [
        [...image, '--network', 'host', '--publish', '16379'],
        'in the network of the host nothing is published',
      ],
      [[...image, '--network', 'host', '--network', 'own'], 'beside `host` there can be no other'],
      [[...image, '--proxy', 'Shop:80'], '--proxy Shop:80 is not a hostname'],
      [[...image, '--publish', '70000:80'], 'is not [BIND:]HOST'],
      [['--dockerfile', context], 'the largest are film (1.5 GiB)'],
      [['--dockerfile', context, '--context', 'nowhere'], '--build-context'],
    ]
    for (const [words, said] of refused) {
      const {code, stderr} = await cli.run(['service', 'create', 'refused', ...words])
      expect(code, words.join(' ')).to.be.oneOf([1, 2])
      expect(stderr).to.contain(said)
    }
    expect((await cli.run(['service', 'show', 'refused'])).code).to.equal(1)
  })

  it('keep the host from tokens that are not admin', async () => {
    const {token} = JSON.parse(await ok('token', 'create', unique('ci'), '--json'))
    const refused: [field: string, words: string[]][] = [
      ['volumes', ['--volume', `${directory}:/host`]],
      ['networks', ['--network', 'host']],
      ['port_configs.0.bind', ['--publish', '0.0.0.0:11998:8080']],
    ]
    for (const [field, words] of refused) {
      const name = unique('flags')
      const {code, stderr} = await cli.run(['service', 'create', name, '--image', images.web, ...words], {
        env: {MCPX_TOKEN: token},
      })
      expect([code, stderr].join(), field).to.contain('1,').and.contain('admins')
      expect(() => inspect(name)).to.throw()
    }
  })

  it('build with arguments from a context of this machine, which the server does not see', async () => {
    const context = join(directory, 'context')
    mkdirSync(join(context, 'docker'), {recursive: true})
    const lines = [
      `FROM ${images.web}`,
      'ARG COLOUR',
      'ARG SHAPE',
      'ENV LOOK=$COLOUR-$SHAPE',
      'COPY page /www/',
    ]
    writeFileSync(join(context, 'docker', 'Dockerfile.web'), `${lines.join('\n')}\n`)
    writeFileSync(join(context, 'page'), 'hello')
    // What an archive cannot hold is left out, as Docker does.
    execFileSync('mkfifo', [join(context, 'pipe')])
    const name = await create(
      ['--dockerfile', join(context, 'docker', 'Dockerfile.web'), '--context', context],
      ['--build-arg', 'COLOUR=blue', '--build-arg', 'SHAPE=round'],
    )
    expect(inspect(name).Config.Env).to.include('LOOK=blue-round')
    const {build_context} = JSON.parse(await ok('service', 'show', name, '--json'))
    expect(build_context).to.match(/^upload:/)
  })

  it('show what was written since a time, with times, and as it is written', async () => {
    const name = await create(['--image', images.web])
    const write = (word: string): string =>
      docker('exec', `mcpx-${name}`, 'sh', '-c', `echo ${word} > /proc/1/fd/1`)
    const log = (...words: string[]): Promise<string> => ok('service', 'logs', name, ...words)
    write('older')
    let timed = ''
    await until(
      async () => (timed = await log('--timestamps')).includes('older'),
      'the line is there',
      30_000,
    )
    const [, time = ''] = /^(\S+Z) older$/m.exec(timed) ?? []
    const since = new Date(Date.parse(time) + 1).toISOString()
    write('newer')
    await until(async () => (await log('--since', since)).includes('newer'), 'the line is there', 30_000)
    expect(await log('--since', since)).to.equal('newer\n')
    expect(await log('--since', '1h')).to.equal('older\nnewer\n')
    expect(await log('--lines', '1')).to.equal('newer\n')
    const wrong = await cli.run(['service', 'logs', name, '--since', 'yesterday'])
    expect([wrong.code, wrong.stderr].join())
      .to.match(/^[12],/)
      .and.contain('since')
    const following = interrupted(['service', 'logs', name, '-f', '--since', since], /newer\n[^]*last\n/)
    write('last')
    const {code, text} = await following
    expect([code, text]).to.deep.equal([0, 'newer\nlast\n'])
  })

  it('measure again and again until they are told to stop', async () => {
    const name = await create(['--image', images.web, '--memory', '48m'])
    const twice = new RegExp(`(${name}[^]*48\\.0 MiB[^]*){2}`)
    expect((await interrupted(['service', 'stats', name, '--watch'], twice)).code).to.equal(0)
  })
})
