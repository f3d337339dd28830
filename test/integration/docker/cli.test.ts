// The commands about services with the real command line, server and engine.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {get, type IncomingMessage} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'
import {openCli} from '../../support/cli.ts'
import {docker, dockerHost, images, useDocker} from '../../support/docker.ts'
import {freePort} from '../../support/free-port.ts'
import {startServer, type TestServer} from '../../support/server.ts'
import {inspect, unique} from '../../support/services.ts'
import {until} from '../../support/until.ts'

const entry = fileURLToPath(new URL('../../../bin/dev.js', import.meta.url))

interface Run {
  code: number
  out: string
  err: string
}

describe('the commands about services', function () {
  this.timeout(90_000)
  let server: TestServer
  const made: string[] = []
  before(async () => {
    await useDocker()
    server = await startServer({env: {DOCKER_HOST: dockerHost}})
  })
  after(async () => {
    for (const name of made) await mcpx('service', 'delete', name, '--yes', '--delete-proxy')
    await server.stop()
  })

  const start = (args: string[]) =>
    spawn(process.execPath, [entry, ...args], {
      env: {
        ...process.env,
        MCPX_URL: server.url,
        MCPX_TOKEN: server.adminToken,
        XDG_CONFIG_HOME: join(server.home, 'config'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })

  async function mcpx(...args: string[]): Promise<Run> {
    const child = start(args)
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', text => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      err += text
    })
    const [code] = (await once(child, 'close')) as [number]
    return {code, out, err}
  }

  async function ok(...args: string[]): Promise<Run> {
    const run = await mcpx(...args)
    expect(run.code, run.err + run.out).to.equal(0)
    return run
  }

  function fresh(word: string): string {
    const name = unique(word)
    made.push(name)
    return name
  }

  it('create a service with a proxy, and a request through the gateway reaches it, also after a restart', async () => {
    const name = fresh('cli')
    const created = await ok(
      'service',
      'create',
      name,
      '--image',
      images.web,
      '--memory',
      '64m',
      '--cpus',
      '0.25',
      '--env',
      'COLOUR=blue',
      '--proxy',
      '127.0.0.1',
    )
    expect(created.err).to.contain('Creating the container').and.contain(`Service ${name} runs`)
    expect(inspect(name).HostConfig).to.include({Memory: 64 * 1024 ** 2, NanoCpus: 250_000_000})
    const ask = async (): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${server.port}/cgi-bin/env`)
      return `${response.status} ${await response.text()}`
    }
    await until(async () => (await ask()).includes('COLOUR=blue'), 'the gateway sends requests to it')
    await ok('service', 'restart', name)
    await until(async () => (await ask()).startsWith('200'), 'it answers again')
    const list = await ok('service', 'list')
    expect(list.out).to.contain(name).and.contain('running')
    expect((await ok('service', 'stop', name)).err).to.contain('stopped')
    expect((await ok('service', 'show', name, '--json')).out).to.contain('"status": "stopped"')
    await ok('service', 'start', name)
    expect((await ok('service', 'stats', name)).out).to.contain('64.0 MiB')
    expect((await ok('service', 'update', name, '--memory', '96m')).err).to.contain('changed')
    expect(inspect(name).HostConfig.Memory).to.equal(96 * 1024 ** 2)
  })

  it('build a directory of this machine on the server, without what .dockerignore names', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mcpx-context-'))
    try {
      writeFileSync(join(directory, 'Dockerfile'), `FROM ${images.web}\nCOPY . /www/\n`)
      writeFileSync(join(directory, 'hello.txt'), 'hello')
      writeFileSync(join(directory, 'secret.txt'), 'secret')
      writeFileSync(join(directory, '.dockerignore'), 'secret.txt\n')
      const name = fresh('built')
      const {out, err} = await ok('service', 'create', name, '--dockerfile', directory)
      expect(err).to.contain('Step 2/')
      const url = /http:\S+/.exec(out)?.[0] ?? ''
      expect(await (await fetch(`${url}/hello.txt`)).text()).to.equal('hello')
      expect((await fetch(`${url}/secret.txt`)).status).to.equal(404)
      writeFileSync(
        join(directory, 'Dockerfile'),
        `FROM ${images.web}\nRUN printf '\\033[31mred\\n'; nosuchprogram\n`,
      )
      const wrong = await mcpx('service', 'create', fresh('wrong'), '--dockerfile', directory)
      expect(wrong.code).to.equal(1)
      expect(wrong.err).to.contain('nosuchprogram').and.contain('did not come up')
      expect(wrong.err).to.match(/^red$/m)
      const uploads = (): number => readdirSync(join(server.home, 'data', 'uploads')).length
      const sent = uploads()
      const taken = await mcpx('service', 'create', name, '--dockerfile', directory)
      expect([taken.code, taken.err].join()).to.contain('1,').and.contain(`service ${name} exists already`)
      const kept = ['--dockerfile', directory, '--publish', '22']
      const refused = await mcpx('service', 'update', name, ...kept)
      expect([refused.code, refused.err].join()).to.contain('1,').and.contain('kept for other programs')
      expect(uploads()).to.equal(sent)

      await ok('service', 'update', name, '--image', images.web)
      expect(inspect(name).Config.Image).to.equal(images.web)
      writeFileSync(join(directory, 'Dockerfile'), `FROM ${images.web}\nENV BUILT=again\n`)
      await ok('service', 'update', name, '--dockerfile', directory)
      expect(inspect(name).Config.Env).to.include('BUILT=again')
      symlinkSync('/etc', join(directory, 'away'))
      const linked = await mcpx('service', 'create', fresh('linked'), '--dockerfile', directory)
      expect(linked.code).to.equal(1)
      expect(linked.err).to.contain('`away` is a link that leads out').and.contain('.dockerignore')
    } finally {
      rmSync(directory, {recursive: true, force: true})
    }
  })

  it('ask for the build context again when the service has to be built and nothing of it is left', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mcpx-context-'))
    try {
      writeFileSync(join(directory, 'Dockerfile'), `FROM ${images.web}\nENV X=${Math.random()}\n`)
      const name = fresh('lost')
      await ok('service', 'create', name, '--dockerfile', directory)
      await ok('service', 'stop', name)
      docker('rm', '--force', `mcpx-${name}`)
      docker('rmi', '--force', `mcpx/${name}`)
      const {build_context} = JSON.parse((await ok('service', 'show', name, '--json')).out)
      rmSync(join(server.home, 'data', 'uploads', build_context.replace('upload:', '')), {recursive: true})
      const {code, err} = await mcpx('service', 'start', name)
      expect([code, err].join())
        .to.contain('1,')
        .and.contain('its build context is gone')
        .and.contain(`mcpx service update ${name} --dockerfile DIR`)
      expect((await ok('service', 'list')).out).to.match(new RegExp(`${name} +failed`))
      await ok('service', 'update', name, '--dockerfile', directory)
      expect(inspect(name).State.Running).to.equal(true)
    } finally {
      rmSync(directory, {recursive: true, force: true})
    }
  })

  it('export services as documents, from which they come back as they were', async () => {
    const name = fresh('document')
    const flags = [
      '--env',
      'COLOUR=green',
      '--memory',
      '64m',
      '--publish',
      String(await freePort()),
      '--proxy',
      'documented.localhost',
    ]
    await ok('service', 'create', name, '--image', images.web, ...flags)
    const shown = async () => {
      const {port_configs, environment, memory_limit, status} = JSON.parse(
        (await ok('service', 'show', name, '--json')).out,
      )
      return {port_configs, environment, memory_limit, status}
    }
    const before = await shown()
    expect(before).to.deep.include({status: 'running', environment: {COLOUR: 'green'}})
    const file = join(server.home, 'services.yaml')
    writeFileSync(file, (await ok('export', '--secrets')).out)
    await ok('service', 'delete', name, '--yes', '--delete-proxy')
    expect((await mcpx('diff', '--file', file)).code).to.equal(1)
    await ok('apply', '--file', file)
    await until(async () => (await shown()).status === 'running', 'it runs again')
    expect(await shown()).to.deep.equal(before)
    await ok('diff', '--file', file)
    expect((await ok('apply', '--file', file)).err).to.contain('nothing to change')
    const asked = get(`http://127.0.0.1:${server.port}/cgi-bin/env`, {
      headers: {host: 'documented.localhost'},
    })
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    expect(await text(answer)).to.contain('COLOUR=green')
  })

  it('say that there is no such service, also to who would follow its log', async () => {
    const {code, err} = await mcpx('service', 'logs', 'nobody', '--follow')
    expect(code).to.equal(1)
    expect(err).to.contain('There is no service nobody')
  })

  it('say why a service failed, with its last lines', async () => {
    const {code, err} = await mcpx('service', 'create', fresh('crash'), '--image', images.crash)
    expect(code).to.equal(1)
    expect(err).to.contain('exit code 3').and.contain('two')
  })

  it('publish, list, check and remove ports', async () => {
    const name = fresh('port')
    const {out: next} = await ok('port', 'available', '--json')
    const [, , {next: port}] = JSON.parse(next).items
    const created = await ok('service', 'create', name, '--image', images.web, '--publish', `${port}:8080`)
    expect(created.out).to.contain(`127.0.0.1:${port}/tcp`)
    expect((await fetch(`http://127.0.0.1:${port}/cgi-bin/env`)).status).to.equal(200)
    expect((await mcpx('port', 'check', String(port))).code).to.equal(1)
    expect((await ok('port', 'list')).out).to.contain(String(port))
    await ok('service', 'port', 'add', name, 'more')
    expect((await ok('service', 'port', 'list', name)).out).to.contain('more')
    await ok('service', 'port', 'remove', name, 'more', '--yes')
    const own = await mcpx('port', 'check', new URL(server.url).port)
    expect([own.code, own.out].join()).to.contain('1,').and.contain('mcpx itself has it: its port for HTTP')
    const taken = await mcpx(
      'service',
      'create',
      fresh('port'),
      '--image',
      images.web,
      '--publish',
      String(port),
    )
    expect([taken.code, taken.err].join()).to.contain('1,').and.contain(name)
  })

  it('make a port token that opens a port, and revoke it', async () => {
    const name = fresh('token')
    await ok('service', 'create', name, '--image', images.web)
    const {out} = await ok('service', 'port', 'add', name, 'http', '--source-token', '--json')
    const port = JSON.parse(out).port_configs[0].host
    const token = (await ok('port', 'token', 'create', name, name, String(port), '1h')).out.trim()
    const ask = async (): Promise<number> => {
      const headers = {authorization: `Bearer ${token}`}
      return fetch(`http://127.0.0.1:${port}/cgi-bin/env`, {headers}).then(
        ({status}) => status,
        () => 0,
      )
    }
    await until(async () => (await ask()) === 200, 'the token opens the port')
    expect((await ok('port', 'token', 'validate', name, String(port), '--token', token)).out).to.contain(
      'yes',
    )
    expect((await ok('port', 'token', 'list')).out)
      .to.contain(name)
      .and.not.contain(token)
    await ok('port', 'token', 'revoke', name, '--yes')
    await until(async () => (await ask()) === 401, 'the token opens nothing', 1000)
  })

  it('say that a service stays when its creation is no longer waited for', async () => {
    const name = fresh('left')
    const slow = ['--health-cmd', 'false', '--health-interval', '60']
    const child = start(['service', 'create', name, '--image', images.web, ...slow])
    let told = ''
    child.stderr.setEncoding('utf8').on('data', piece => {
      told += piece
    })
    const closed = once(child, 'close') as Promise<[number]>
    await until(() => told.includes('Creating the container'), 'its container is created')
    child.kill('SIGINT')
    expect((await closed)[0]).to.equal(130)
    expect(told).to.contain(`service show ${name}`).and.contain(`service delete ${name}`)
    expect((await ok('service', 'show', name, '--json')).out).to.contain(name)
  })

  it('follow a log until they are told to stop', async () => {
    const name = fresh('logs')
    await ok('service', 'create', name, '--image', images.crash, '--restart', 'always').catch(() => {})
    const child = start(['service', 'logs', name, '--follow', '--timestamps'])
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
    })
    await until(() => /T\S+ one/.test(text), 'the log arrives')
    child.kill('SIGINT')
    await once(child, 'close')
    expect((await ok('service', 'logs', name, '--lines', '2')).out).to.match(/one|two/)
  })

  it('clean up what a deleted service left', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mcpx-context-'))
    try {
      writeFileSync(join(directory, 'Dockerfile'), `FROM ${images.web}\nENV X=${Math.random()}\n`)
      const name = unique('gone')
      await ok('service', 'create', name, '--dockerfile', directory)
      await ok('service', 'delete', name, '--yes')
      const {out} = await ok('cleanup')
      expect(out).to.contain('image sha256:')
      expect((await ok('cleanup')).err).to.contain('Nothing was left over')
    } finally {
      rmSync(directory, {recursive: true, force: true})
    }
  })

  it('of the first generation work as they stand, one after the other', async () => {
    const {out: next} = await ok('port', 'available', '--json')
    const [, , {next: port}] = JSON.parse(next).items
    const [plain, exposed] = [fresh('old'), fresh('exposed')]
    const lines = `
      just service-create ${plain} ${images.web} "" 8080 $ADMIN_TOKEN 64m 0.5 true
      just service-create-exposed ${exposed} ${images.web} ${port} 127.0.0.1 $ADMIN_TOKEN 64m 0.5
      curl --fail --silent http://127.0.0.1:${port}/cgi-bin/env
      just service-list | grep -E "(${plain}|${exposed})"
      just service-show ${plain}
      just service-stop ${plain} $ADMIN_TOKEN
      just service-start ${plain} $ADMIN_TOKEN
      just service-restart ${plain} $ADMIN_TOKEN
      just service-logs ${plain} 100 true
      just service-stats ${plain}
      just service-proxy-create ${plain} ${plain}.localhost true $ADMIN_TOKEN
      just service-port-add ${plain} admin ${port + 1} 8080 127.0.0.1 true $ADMIN_TOKEN
      just service-port-list ${plain} | grep ${port + 1}
      just service-port-check ${port + 2} 127.0.0.1
      just port-list | grep ${port}
      just port-available
      just port-token-create ${plain} "${plain},${exposed}" "${port},${port + 1}" 30d $ADMIN_TOKEN
      just port-token-list | grep ${plain}
      just port-token-revoke ${plain} $ADMIN_TOKEN
      just service-port-remove ${plain} admin $ADMIN_TOKEN
      just instance-list
      just proxy-delete ${plain}.localhost $ADMIN_TOKEN
      just service-delete ${plain} $ADMIN_TOKEN
      just service-delete ${exposed} $ADMIN_TOKEN
      just service-cleanup
      just cleanup-orphaned $ADMIN_TOKEN
      just oauth-routes-setup auth.yourdomain.com $ADMIN_TOKEN
      just oauth-health
      just health
    `
      .trim()
      .split('\n')
    const checked = lines.map(
      line => `${line.trim()} >/dev/null || echo 'ended with a failure: ${line.trim()}'`,
    )
    const cli = openCli({MCPX_URL: server.url}, {built: true})
    try {
      const {output} = await cli.shell(['just() { mcpx "$@"; }', ...checked].join('\n'), {
        ADMIN_TOKEN: server.adminToken,
      })
      const problems = output.split('\n').filter(line => /^(ended|✗)/.test(line))
      expect(problems, output).to.deep.equal([])
    } finally {
      cli.close()
    }
  })
})
