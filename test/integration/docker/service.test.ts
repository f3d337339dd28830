// Services on a real engine through the admin API: created, confined, changed, watched and removed.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import type {BackupEntry} from '../../../src/core/contract/backup.ts'
import {backupOf} from '../../../src/core/store/backup.ts'
import {type Answer, type Caller, startApi, type TestApi} from '../../support/api.ts'
import {docker, dockerHost, images, useDocker} from '../../support/docker.ts'
import {startServer} from '../../support/server.ts'
import {settled as becomes, inspect, removeServices, unique} from '../../support/services.ts'
import {until} from '../../support/until.ts'

describe('a service', function () {
  this.timeout(60_000)
  let api: TestApi
  let admin: Caller
  before(async function () {
    this.timeout(120_000)
    await useDocker()
  })
  beforeEach(async () => {
    api = await startApi({DOCKER_HOST: dockerHost})
    admin = api.admin
  })
  afterEach(async () => {
    await removeServices(api)
    await api.close()
  })

  const show = async (name: string): Promise<Answer['body']> =>
    (await admin('GET', `/api/v1/services/${name}`)).body

  const settled = (name: string, status: string) => becomes(api, name, status)

  const create = async (body: object): Promise<Answer['body']> => {
    const answer = await admin('POST', '/api/v1/services', body)
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201)
    return answer.body
  }

  const createRunning = async (body: {
    service_name: string
    [field: string]: unknown
  }): Promise<Answer['body']> => {
    await create(body)
    return settled(body.service_name, 'running')
  }

  it('runs an image, with the port read from EXPOSE and an instance of its own', async () => {
    const name = unique('web')
    const made = await create({service_name: name, image: images.web})
    expect(made).to.include({status: 'creating', wanted: 'running', memory_limit: '512m', cpu_limit: 1})
    const service = await settled(name, 'running')
    expect(service.listens_on).to.equal(8080)
    const instance = (await admin('GET', `/api/v1/instances/docker-${name}`)).body
    expect(instance.target_url).to.equal(`http://${service.address}:8080`)
    expect((await fetch(`${instance.target_url}/cgi-bin/env`)).status).to.equal(200)
  })

  it('is confined unless told otherwise, and limited as told', async () => {
    const name = unique('web')
    await createRunning({
      service_name: name,
      image: images.web,
      memory_limit: '64m',
      cpu_limit: 0.5,
      user: '1000:1000',
      environment: {GREETING: 'hello'},
    })
    const {HostConfig: host, Config: config} = inspect(name)
    expect(host).to.include({
      Memory: 64 * 1024 ** 2,
      NanoCpus: 500_000_000,
      ReadonlyRootfs: true,
      Privileged: false,
    })
    expect(host.CapDrop).to.deep.equal(['ALL'])
    expect(host.SecurityOpt).to.deep.equal(['no-new-privileges'])
    expect(host.RestartPolicy.Name).to.equal('unless-stopped')
    expect(config.User).to.equal('1000:1000')
    const {body} = await admin('GET', `/api/v1/instances/docker-${name}`)
    const text = await (await fetch(`${body.target_url}/cgi-bin/env`)).text()
    expect(text).to.contain('GREETING=hello').and.contain('uid=1000')
    const failed = await admin('GET', `/api/v1/services/${name}`)
    expect(failed.body.environment).to.deep.equal({GREETING: 'hello'})
    const stored = await api.test.store.redis.hget(`${api.test.store.prefix}service`, name)
    expect(stored).to.not.contain('GREETING')
  })

  it('publishes ports where it is told, and gives a free one where it is not', async () => {
    const name = unique('web')
    const service = await createRunning({
      service_name: name,
      image: images.web,
      port_configs: [
        {name: 'http'},
        {name: 'other', container: 8080, bind: '127.0.0.2'},
        {name: 'udp', container: 5353, protocol: 'udp'},
      ],
    })
    const [http, other] = service.port_configs
    expect(http.host).to.be.at.least(11_000)
    expect((await fetch(`http://127.0.0.1:${http.host}/cgi-bin/env`)).status).to.equal(200)
    expect((await fetch(`http://127.0.0.2:${other.host}/cgi-bin/env`)).status).to.equal(200)
    const {items} = (await admin('GET', '/api/v1/ports')).body
    expect(items.map((port: {name: string}) => port.name)).to.have.members(['http', 'other', 'udp'])
    const listed = items.find((port: {name: string}) => port.name === 'http')
    expect(listed).to.include({service: name, engine: service.engine, bind: '127.0.0.1'})
  })

  it('stops, starts and restarts', async () => {
    const name = unique('web')
    const first = await createRunning({service_name: name, image: images.web})
    const stopped = await admin('POST', `/api/v1/services/${name}/stop`)
    expect(stopped.body.status).to.equal('stopped')
    expect(inspect(name).State.Running).to.equal(false)
    await admin('POST', `/api/v1/services/${name}/start`)
    expect((await settled(name, 'running')).container_id).to.equal(first.container_id)
    const {StartedAt} = inspect(name).State
    await admin('POST', `/api/v1/services/${name}/restart`)
    await settled(name, 'running')
    expect(inspect(name).State.StartedAt).to.not.equal(StartedAt)
  })

  it('replaces the container when it has to, and only then', async () => {
    const name = unique('web')
    const first = await createRunning({service_name: name, image: images.web})
    await admin('PATCH', `/api/v1/services/${name}`, {memory_limit: '128m'})
    await until(
      async () =>
        (await show(name)).status === 'running' && inspect(name).HostConfig.Memory === 128 * 1024 ** 2,
      'the new limit holds',
    )
    const second = await show(name)
    expect(second.container_id).to.not.equal(first.container_id)
    const added = await admin('POST', `/api/v1/services/${name}/ports`, {name: 'guarded', source_token: true})
    expect(added.status, JSON.stringify(added.body)).to.equal(201)
    expect((await settled(name, 'running')).container_id).to.equal(second.container_id)
  })

  it('goes on as it was when the engine refuses what it is to become', async () => {
    const name = unique('web')
    await createRunning({service_name: name, image: images.web, port_configs: [{name: 'http'}]})
    const first = await show(name)
    const instance = async (): Promise<string> =>
      (await admin('GET', `/api/v1/instances/docker-${name}`)).body.target_url
    const published = async (): Promise<string> => `http://127.0.0.1:${first.port_configs[0].host}`
    const answers = async (): Promise<void> => {
      for (const origin of [instance, published])
        await until(
          async () => (await fetch(`${await origin()}/cgi-bin/env`).catch(() => undefined))?.status === 200,
          `it answers at ${await origin()}`,
        )
    }
    const refused = async (change: object, why: string): Promise<Answer['body']> => {
      await admin('PATCH', `/api/v1/services/${name}`, change)
      const failed = await settled(name, 'failed')
      expect(failed.reason).to.contain(why).and.contain('what ran before this change runs still')
      expect(failed).to.include({container_id: first.container_id, listens_on: 8080})
      await answers()
      return failed
    }
    const {StartedAt} = inspect(name).State
    await refused({image: 'localhost:1/nothing:1'}, 'cannot be pulled')
    await refused({image: images.web, internal_port: 9999, capabilities: ['NO_SUCH']}, 'NO_SUCH')
    expect(inspect(name).State.StartedAt).to.equal(StartedAt)
    // Only the start of the new one tells this: the old one has been stopped by then.
    const {revision} = await refused({capabilities: null, user: 'nobody-such'}, 'unable to find user')
    expect(docker('ps', '--all', '--format', '{{.Names}}', '--filter', `name=${name}`)).to.equal(
      `mcpx-${name}`,
    )
    await api.services.apply(name)
    expect((await show(name)).revision).to.equal(revision)

    await admin('PATCH', `/api/v1/services/${name}`, {user: null, internal_port: null})
    expect((await settled(name, 'running')).container_id).to.equal(first.container_id)
    await admin('PATCH', `/api/v1/services/${name}`, {memory_limit: '128m'})
    expect((await settled(name, 'running')).container_id).to.not.equal(first.container_id)
    await answers()
  })

  it('is found by its name in its network after its container was replaced', async () => {
    const [asking, asked, network] = [unique('web'), unique('web'), unique('net')]
    await createRunning({service_name: asking, image: images.web, networks: [network]})
    const first = await createRunning({service_name: asked, image: images.web, networks: [network]})
    await admin('PATCH', `/api/v1/services/${asked}`, {memory_limit: '128m'})
    await until(async () => {
      const {status, container_id} = await show(asked)
      return status === 'running' && container_id !== first.container_id
    }, 'it has a new container')
    const url = `http://mcpx-${asked}:8080/cgi-bin/env`
    expect(docker('exec', `mcpx-${asking}`, 'wget', '-q', '-O', '-', url)).to.contain('uid=')
    await removeServices(api)
    await admin('POST', '/api/v1/services/cleanup')
  })

  it('is rid of what was to replace it when mcpx ended in the middle', async () => {
    const name = unique('web')
    const first = await createRunning({service_name: name, image: images.web})
    const own = Object.entries(inspect(name).Config.Labels).flatMap(([key, value]) => [
      '--label',
      `${key}=${value}`,
    ])
    docker('create', '--name', `mcpx-${name}.next`, ...own, images.web)
    await api.services.apply(name)
    expect(docker('ps', '--all', '--quiet', '--filter', `name=mcpx-${name}.next`)).to.equal('')
    expect((await show(name)).container_id).to.equal(first.container_id)
  })

  it('that was put back where its engine is not is called failed, and runs here once it is started', async () => {
    const name = unique('web')
    const made = await createRunning({
      service_name: name,
      image: images.web,
      port_configs: [{name: 'http'}],
      volumes: [`${name}:/data`],
    })
    const kept = await backupOf(api.test.store, {service: api.test.records.service})
    const elsewhere = kept
      .filter(({noun}) => noun === 'service')
      .map(entry => ({...entry, value: {...(entry.value as object), engine: 'GONE'}}))
    await admin('DELETE', `/api/v1/services/${name}`)
    const other = await startApi({DOCKER_HOST: dockerHost})
    try {
      const own = await backupOf(other.test.store, other.test.records)
      const entries: BackupEntry[] = [...own.slice(0, -1), ...elsewhere]
      entries.push({noun: 'end', key: '', value: entries.length})
      const restored = await other.admin('POST', '/api/v1/restore', {entries})
      expect(restored.status, JSON.stringify(restored.body)).to.equal(200)
      const lost = await becomes(other, name, 'failed')
      expect(lost.reason)
        .to.contain('its engine (GONE) is not here')
        .and.contain(`\`mcpx service start ${name}\``)
        .and.contain('its volumes are empty')
      expect(lost).to.not.have.any.keys('address', 'container_id')
      const {body: changed} = await other.admin('PATCH', `/api/v1/services/${name}`, {cpu_limit: 0.5})
      expect(changed.status).to.equal('creating')
      expect((await becomes(other, name, 'failed')).reason).to.contain('its engine (GONE)')

      const restarted = await other.admin('POST', `/api/v1/services/${name}/restart`)
      expect([restarted.status, restarted.body.hint].join()).to.contain('409').and.contain('service start')
      await other.admin('POST', `/api/v1/services/${name}/start`)
      const {engine, port_configs} = await becomes(other, name, 'running')
      expect(engine).to.equal(made.engine)
      expect((await fetch(`http://127.0.0.1:${port_configs[0].host}/cgi-bin/env`)).status).to.equal(200)
    } finally {
      await removeServices(other)
      await other.admin('POST', '/api/v1/services/cleanup?delete_volumes=true')
      await other.close()
      await admin('POST', '/api/v1/services/cleanup?delete_volumes=true')
    }
  })

  it('has volumes of its installation, and those made before that was part of their names', async () => {
    const other = await startApi({DOCKER_HOST: dockerHost})
    const [shared, former] = [unique('shared'), unique('former')]
    const mine = await api.test.store.firstStart('installation', () => '')
    docker('volume', 'create', '--label', `mcpx.installation=${mine}`, `mcpx.ADMIN.${former}`)
    const volumesOf = async (of: TestApi): Promise<string[]> => {
      const name = unique('web')
      const volumes = [`${shared}:/shared`, `${former}:/former`]
      await of.admin('POST', '/api/v1/services', {service_name: name, image: images.web, volumes})
      await becomes(of, name, 'running')
      return inspect(name)
        .Mounts.map((mount: {Name: string}) => mount.Name)
        .toSorted()
    }
    try {
      const theirs = await other.test.store.firstStart('installation', () => '')
      expect(await volumesOf(api)).to.deep.equal([
        `mcpx.ADMIN.${former}`,
        `mcpx.ADMIN.${shared}.${mine.slice(0, 8)}`,
      ])
      expect(await volumesOf(other)).to.deep.equal(
        [former, shared].map(name => `mcpx.ADMIN.${name}.${theirs.slice(0, 8)}`),
      )
      for (const one of [api, other]) {
        const kept = (await one.admin('POST', '/api/v1/services/cleanup')).body.volumes
        expect(kept).to.deep.equal([])
        await removeServices(one)
        const {body} = await one.admin('POST', '/api/v1/services/cleanup?delete_volumes=true')
        expect(body.removed.join()).to.contain(shared).and.contain(former)
      }
    } finally {
      await removeServices(other)
      await other.close()
      docker('volume', 'rm', '--force', `mcpx.ADMIN.${former}`)
    }
  })

  it('adds, changes and removes ports', async () => {
    const name = unique('web')
    await createRunning({service_name: name, image: images.web})
    const added = (await admin('POST', `/api/v1/services/${name}/ports`, {name: 'http', container: 8080}))
      .body
    await settled(name, 'running')
    const {host} = added.port_configs[0]
    expect((await fetch(`http://127.0.0.1:${host}/cgi-bin/env`)).status).to.equal(200)
    const changed = await admin('PUT', `/api/v1/services/${name}/ports/http`, {bind: '127.0.0.3'})
    expect(changed.status, JSON.stringify(changed.body)).to.equal(200)
    await settled(name, 'running')
    expect((await fetch(`http://127.0.0.3:${host}/cgi-bin/env`)).status).to.equal(200)
    expect((await admin('DELETE', `/api/v1/services/${name}/ports/http`)).body.port_configs).to.deep.equal([])
    await settled(name, 'running')
    const check = await admin('POST', '/api/v1/ports/check', {port: host, bind: '127.0.0.3'})
    expect(check.body.available).to.equal(true)
  })

  it('goes with its container, ports and instance, unless a route needs it', async () => {
    const name = unique('web')
    const {port_configs} = await createRunning({
      service_name: name,
      image: images.web,
      port_configs: [{name: 'http'}],
    })
    const proxy = await admin('POST', `/api/v1/services/${name}/proxy`, {hostname: 'web.example.com'})
    expect(proxy.status, JSON.stringify(proxy.body)).to.equal(201)
    expect(proxy.body.route).to.include({target_type: 'service', target_value: name})
    await admin('POST', `/api/v1/services/${name}/proxy`, {hostname: 'short.example.com'})
    await admin('DELETE', '/api/v1/proxy/targets/short.example.com')
    const {items} = (await admin('GET', '/api/v1/routes')).body
    expect(items.map(({hosts}: {hosts: string[]}) => hosts)).to.deep.equal([['web.example.com']])
    const refused = await admin('DELETE', `/api/v1/services/${name}`)
    expect(refused.body.code).to.equal('in-use')
    expect(inspect(name).State.Running).to.equal(true)
    expect((await admin('DELETE', `/api/v1/services/${name}?delete_proxy=true`)).status).to.equal(204)
    expect(() => inspect(name)).to.throw()
    expect((await admin('GET', `/api/v1/instances/docker-${name}`)).status).to.equal(404)
    expect((await admin('GET', '/api/v1/proxy/targets/web.example.com')).status).to.equal(404)
    const check = await admin('POST', '/api/v1/ports/check', {port: port_configs[0].host})
    expect(check.body.available).to.equal(true)
  })

  it('shows its log, also while it is written, and what it uses', async () => {
    const name = unique('web')
    await createRunning({service_name: name, image: images.web})
    let items: {line: string; stream: string; time?: string}[] = []
    const linesAre = (count: number): Promise<void> =>
      until(async () => {
        ;({items} = (await admin('GET', `/api/v1/services/${name}/logs?timestamps=true`)).body)
        return items.length >= count
      }, `${count} lines are there`)
    docker('exec', `mcpx-${name}`, 'sh', '-c', 'echo first > /proc/1/fd/1')
    await linesAre(1)
    docker('exec', `mcpx-${name}`, 'sh', '-c', 'echo second > /proc/1/fd/2')
    await linesAre(2)
    expect(items.map(({line, stream}) => [line, stream])).to.deep.equal([
      ['first', 'stdout'],
      ['second', 'stderr'],
    ])
    expect(items[0]?.time).to.match(/^\d{4}-\d\d-\d\dT/)
    const last = await admin('GET', `/api/v1/services/${name}/logs?lines=1`)
    expect(last.body.items).to.have.length(1)
    const {body: stats} = await admin('GET', `/api/v1/services/${name}/stats`)
    expect(stats.memory_used).to.be.greaterThan(0)
    expect(stats.memory_limit).to.equal(512 * 1024 ** 2)
    expect(stats.pids).to.be.at.least(1)
  })

  it('that crashes is marked failed, with the reason and its last lines', async () => {
    const name = unique('crash')
    await create({service_name: name, image: images.crash})
    const service = await settled(name, 'failed')
    expect(service.reason).to.contain('exit code 3')
    expect(service.last_lines).to.include.members(['one', 'two'])
    const single = unique('crash')
    await create({service_name: single, image: images.crash, restart_policy: 'no'})
    expect((await settled(single, 'failed')).reason).to.equal('it ended with exit code 3')
    expect(inspect(single).RestartCount).to.equal(0)
  })

  it('that never gets healthy says what its check says', async () => {
    const name = unique('sick')
    await create({service_name: name, image: images.sick})
    const service = await settled(name, 'unhealthy')
    expect(service.health).to.equal('unhealthy')
    expect(service.reason).to.contain('it hurts')
  })

  it('whose image cannot be had says so, and comes up once it is corrected', async () => {
    const name = unique('web')
    await create({service_name: name, image: 'localhost:1/nothing:1'})
    expect((await settled(name, 'failed')).reason).to.contain('localhost:1/nothing:1 cannot be pulled')
    await admin('PATCH', `/api/v1/services/${name}`, {image: images.web})
    await settled(name, 'running')
  })

  it('is built from a Dockerfile, and shows the error of one that is wrong', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mcpx-context-'))
    mkdirSync(join(directory, 'sub'))
    writeFileSync(
      join(directory, 'sub', 'Dockerfile'),
      `FROM ${images.web}\nARG COLOUR\nENV COLOUR=$COLOUR\n`,
    )
    writeFileSync(join(directory, 'Wrong'), `FROM ${images.web}\nRUN echo before; nosuchprogram\n`)
    try {
      const name = unique('built')
      await createRunning({
        service_name: name,
        dockerfile_path: 'sub/Dockerfile',
        build_context: directory,
        build_args: {COLOUR: 'blue'},
      })
      expect(inspect(name).Config.Env).to.include('COLOUR=blue')
      const wrong = unique('wrong')
      await create({service_name: wrong, dockerfile_path: 'Wrong', build_context: directory})
      const {reason} = await settled(wrong, 'failed')
      expect(reason).to.contain('nosuchprogram')
      docker('image', 'rm', '-f', `mcpx/${name}:latest`)
    } finally {
      rmSync(directory, {recursive: true, force: true})
    }
  })

  it('says on the way what the build says', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mcpx-context-'))
    writeFileSync(join(directory, 'Dockerfile'), `FROM ${images.web}\nRUN echo hello from the build\n`)
    try {
      const name = unique('built')
      await create({service_name: name, dockerfile_path: 'Dockerfile', build_context: directory})
      const {body} = await admin('GET', `/api/v1/services/${name}/progress`)
      expect(body).to.contain('hello from the build').and.contain('Step 1/')
      expect(body.trim().split('\n').at(-1)).to.contain('"status":"running"')
    } finally {
      rmSync(directory, {recursive: true, force: true})
    }
  })

  it('says that its port is taken when another program has it by the time it starts', async () => {
    const name = unique('web')
    const {port_configs} = await createRunning({
      service_name: name,
      image: images.web,
      port_configs: [{name: 'http'}],
    })
    await admin('POST', `/api/v1/services/${name}/stop`)
    const foreign = createServer().listen(port_configs[0].host, '127.0.0.1')
    await once(foreign, 'listening')
    try {
      await admin('POST', `/api/v1/services/${name}/start`)
      expect((await settled(name, 'failed')).reason)
        .to.contain(`${port_configs[0].host}`)
        .and.contain('in use')
    } finally {
      foreign.close()
    }
    await once(foreign, 'close')
    await admin('POST', `/api/v1/services/${name}/start`)
    await settled(name, 'running')
  })

  it('keeps its name from another', async () => {
    const name = unique('web')
    await create({service_name: name, image: images.web})
    const again = await admin('POST', '/api/v1/services', {service_name: name, image: images.web})
    expect([again.status, again.body.code]).to.deep.equal([409, 'already-exists'])
  })

  it('is started again when somebody else stops or removes its container', async () => {
    const name = unique('web')
    const first = await createRunning({service_name: name, image: images.web})
    docker('stop', '--time', '1', `mcpx-${name}`)
    await until(() => inspect(name).State.Running, 'it runs again')
    docker('rm', '-f', `mcpx-${name}`)
    await until(async () => {
      const now = await show(name)
      return now.status === 'running' && now.container_id !== first.container_id
    }, 'it has a new container')
  })

  it('is made again after its container was removed slowly, while the engine refuses to start it', async () => {
    const name = unique('web')
    const first = await createRunning({service_name: name, image: images.web, read_only_root: false})
    docker('exec', `mcpx-${name}`, 'sh', '-c', 'mkdir /many && cd /many && seq 5000 | xargs touch')
    const removal = spawn('docker', ['rm', '--force', `mcpx-${name}`], {
      stdio: 'ignore',
      env: {...process.env, DOCKER_HOST: dockerHost},
    })
    const renewed = async (): Promise<boolean> => {
      const now = await show(name)
      return now.status === 'running' && now.container_id !== first.container_id
    }
    await until(renewed, 'it has a new container', 30_000)
    if (removal.exitCode === null) await once(removal, 'close')
  })

  it('keeps its container when mcpx stops, and another replica takes it over', async () => {
    const name = unique('web')
    const first = await createRunning({service_name: name, image: images.web})
    await api.services.stop()
    expect(inspect(name).State.Running).to.equal(true)
    docker('stop', '--time', '1', `mcpx-${name}`)
    const other = await startApi({DOCKER_HOST: dockerHost}, {of: api.test})
    try {
      await until(() => inspect(name).State.Running, 'the other replica starts it')
      expect((await settled(name, 'running')).container_id).to.equal(first.container_id)
      await other.admin('DELETE', `/api/v1/services/${name}`)
    } finally {
      await other.close()
    }
  })

  it('has no address while it does not run: whoever the engine gives the old one to is not asked in its place', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mcpx-home-'))
    const name = unique('web')
    const others: string[] = []
    let server = await startServer({home, env: {DOCKER_HOST: dockerHost}})
    const call = (method: string, path: string, body?: object): Promise<Response> =>
      fetch(server.url + path, {
        method,
        headers: {authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json'},
        ...(body && {body: JSON.stringify(body)}),
      })
    const ask = (): Promise<Response> => fetch(`http://127.0.0.1:${server.port}/cgi-bin/env`)
    const answers = (): Promise<void> =>
      until(async () => (await (await ask()).text()).includes('WHO=me'), 'it answers', 20_000)
    const addressOf = (container: string): string =>
      docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', container)
    /** Others take the addresses that are free, until one has this. */
    const take = (address: string): void => {
      while (!others.some(id => addressOf(id) === address) && others.length < 30)
        others.push(docker('run', '--detach', '--env', 'WHO=another', images.web))
    }
    const isDown = async (said: string): Promise<void> => {
      const answer = await ask()
      expect([answer.status, await answer.json()]).to.have.nested.property('[1].code', 'service-down')
      expect(answer.status).to.equal(503)
      for (const path of ['cgi-bin/env', 'by-instance']) {
        const explained = await call('GET', `/api/v1/explain?url=http://127.0.0.1/${path}`)
        const {problem} = (await explained.json()) as {problem: {detail: string}}
        expect(problem.detail).to.equal(`The service ${name} ${said}`)
      }
    }
    try {
      const wish = {service_name: name, image: images.web, restart_policy: 'no', environment: {WHO: 'me'}}
      await call('POST', '/api/v1/services', wish)
      await call('POST', `/api/v1/services/${name}/proxy`, {hostname: '127.0.0.1'})
      await answers()
      const route = {
        path_pattern: '/by-instance',
        target_type: 'instance',
        target_value: `docker-${name}`,
      }
      expect((await call('POST', '/api/v1/routes', {...route, hosts: ['127.0.0.1']})).status).to.equal(201)

      const address = addressOf(`mcpx-${name}`)
      await call('POST', `/api/v1/services/${name}/stop`)
      take(address)
      await isDown('is stopped')

      await call('POST', `/api/v1/services/${name}/start`)
      await answers()
      docker('kill', `mcpx-${name}`)
      await until(
        async () =>
          (await call('GET', `/api/v1/services/${name}`).then(show => show.text())).includes('"failed"'),
        'it failed',
      )
      await isDown('failed')

      await call('POST', `/api/v1/services/${name}/start`)
      await answers()
      const later = addressOf(`mcpx-${name}`)
      await server.stop()
      docker('kill', `mcpx-${name}`)
      take(later)
      server = await startServer({home, env: {DOCKER_HOST: dockerHost}})
      const {status, code} = (await (await ask()).json()) as {status: number; code: string}
      expect({status, code}).to.deep.equal({status: 503, code: 'service-down'})
    } finally {
      await server.stop()
      docker('rm', '--force', `mcpx-${name}`, ...others)
      rmSync(home, {recursive: true, force: true})
    }
  })

  it('never touches what somebody else runs from a copy of its container, whose labels it has', async () => {
    const name = unique('web')
    await createRunning({service_name: name, image: images.web})
    const copied = Object.entries(inspect(name).Config.Labels).flatMap(([key, value]) => [
      '--label',
      `${key}=${value}`,
    ])
    const copy = docker('run', '-d', ...copied, images.web)
    try {
      await admin('PATCH', `/api/v1/services/${name}`, {memory_limit: '128m'})
      const replaced = async (): Promise<boolean> =>
        (await show(name)).status === 'running' && inspect(name).HostConfig.Memory === 128 * 1024 ** 2
      await until(replaced, 'its own is replaced', 20_000)
      await admin('POST', `/api/v1/services/${name}/stop`)
      expect(inspect(name).State.Running).to.equal(false)
      await admin('DELETE', `/api/v1/services/${name}`)
      await admin('POST', '/api/v1/services/cleanup')
      expect(docker('inspect', '--format', '{{.State.Running}}', copy)).to.equal('true')
    } finally {
      docker('rm', '-f', copy)
    }
  })

  it('never touches a container that is not its own', async () => {
    const name = unique('web')
    docker('run', '-d', '--name', `mcpx-${name}`, images.web)
    try {
      await create({service_name: name, image: images.web})
      expect((await settled(name, 'failed')).reason).to.contain('stands in the way')
      await admin('DELETE', `/api/v1/services/${name}`)
      await admin('POST', '/api/v1/services/cleanup')
      expect(inspect(name).State.Running).to.equal(true)
    } finally {
      docker('rm', '-f', `mcpx-${name}`)
    }
  })
})
