// Host ports of services: given out once, over replicas and against other programs; and what is for admins only.
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {type AddressInfo, createServer} from 'node:net'
import {expect} from 'chai'
import {portsInUse} from '../../../src/server/services/in-use.ts'
import {type Answer, type Caller, startApi, type TestApi} from '../../support/api.ts'
import {dockerHost, images, useDocker} from '../../support/docker.ts'
import {removeServices, settled, unique} from '../../support/services.ts'
import {until} from '../../support/until.ts'

const problem = ({body}: Answer): [code: string, fields: string[]] => [
  body.code,
  (body.errors ?? []).map(({field}: {field: string}) => field),
]

describe('ports of services', function () {
  this.timeout(60_000)
  let api: TestApi
  let admin: Caller
  before(async function () {
    this.timeout(120_000)
    await useDocker()
  })
  beforeEach(async () => {
    api = await startApi({DOCKER_HOST: dockerHost, SERVICE_IMAGES: 'mcpx-test/*'})
    admin = api.admin
  })
  afterEach(async () => {
    await removeServices(api)
    await api.close()
  })

  /** Stopped at once, so that only the record holds the ports. */
  const create = (caller: Caller, ports: object[], more: object = {}): Promise<Answer> =>
    caller('POST', '/api/v1/services', {
      service_name: unique('port'),
      image: images.web,
      port_configs: ports,
      ...more,
    })

  it('are given to one service each when two replicas give them out at once', async () => {
    const other = await startApi({DOCKER_HOST: dockerHost}, {of: api.test})
    try {
      const answers = await Promise.all(
        Array.from({length: 16}, (_, index) =>
          create(index % 2 === 0 ? admin : other.admin, [{name: 'a'}, {name: 'b'}]),
        ),
      )
      const hosts = answers.flatMap(({body, status}) => {
        expect(status, JSON.stringify(body)).to.equal(201)
        return body.port_configs.map(({host}: {host: number}) => host)
      })
      expect(new Set(hosts).size).to.equal(32)
    } finally {
      await other.close()
    }
  })

  it('are refused where another program of the machine listens, for each protocol by itself', async () => {
    const tcp = createServer().listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const udp = createSocket('udp4').bind(0, '127.0.0.1')
    await once(udp, 'listening')
    try {
      const {port} = tcp.address() as AddressInfo
      const refused = await create(admin, [{name: 'http', host: port}])
      expect(problem(refused)).to.deep.equal(['port-taken', ['port_configs.0.host']])
      expect(refused.body.detail).to.contain('another program')
      const check = (body: object): Promise<Answer> => admin('POST', '/api/v1/ports/check', body)
      expect((await check({port})).body).to.include({available: false})
      expect((await check({port: udp.address().port, protocol: 'udp'})).body.available).to.equal(false)
      expect((await check({port, bind: '127.0.0.9'})).body.available).to.equal(true)
    } finally {
      tcp.close()
      udp.close()
    }
  })

  it('that are restricted are refused, even when they are free', async () => {
    for (const host of [22, 53, 443, 6379])
      expect(problem(await create(admin, [{name: 'x', host}]))[0]).to.equal('port-restricted')
  })

  it('are told with the ranges and the next free one', async () => {
    const {body} = await admin('GET', '/api/v1/ports/available')
    const exposed = body.items.find(({range}: {range: string}) => range === 'exposed')
    expect(exposed).to.include({first: 11_000, last: 65_535})
    const made = await create(admin, [{name: 'http'}])
    expect(made.body.port_configs[0].host).to.equal(exposed.next)
    const later = (await admin('GET', '/api/v1/ports/available')).body.items[2]
    expect(later.next).to.be.greaterThan(exposed.next)
  })

  it('are counted as free only where neither a service nor another program has them', async () => {
    const range = async (): Promise<{free: number; next: number}> =>
      (await admin('GET', '/api/v1/ports/available')).body.items[1]
    // Other programs of this machine come and go.
    await until(async () => {
      const before = await range()
      const foreign = createServer().listen(before.next, '0.0.0.0')
      await once(foreign, 'listening')
      const between = await range()
      foreign.close()
      await once(foreign, 'close')
      const {body} = await create(admin, [{name: 'http', host: before.next}])
      const after = await range()
      await admin('DELETE', `/api/v1/services/${body.service_name}`)
      return [between, after].every(({free, next}) => free === before.free - 1 && next > before.next)
    }, 'one port less is free, and another one is next')
  })

  it('that are in use are known by the address they are in use at', async () => {
    const [all, one] = [createServer().listen(0), createServer().listen(0, '127.0.0.9')]
    await Promise.all([once(all, 'listening'), once(one, 'listening')])
    const ports = [all, one].map(server => (server.address() as AddressInfo).port)
    const used = async (bind: string): Promise<boolean[]> => {
      const known = await portsInUse(bind)
      return ports.map(port => known.has(port))
    }
    expect(await used('127.0.0.1')).to.deep.equal([true, false])
    expect(await used('127.0.0.9')).to.deep.equal([true, true])
    expect(await used('0.0.0.0')).to.deep.equal([true, true])
    all.close()
    one.close()
  })

  it('are asked for in words that say what is wrong', async () => {
    const reasons = async (path: string, body: object): Promise<string[]> =>
      (await admin('POST', path, body)).body.errors.map(
        ({reason, remedy}: {reason: string; remedy?: string}) => `${reason} (${remedy})`,
      )
    expect(await reasons('/api/v1/ports/check', {port: 70_000, bind: 'localhost'})).to.have.members([
      'must be from 1 to 65535 (expected: port on the host)',
      'must be an IPv4 address such as 127.0.0.1 (expected: address on the host)',
    ])
    const service = {service_name: unique('port'), image: images.web, volumes: ['data']}
    const [volume] = await reasons('/api/v1/services', service)
    expect(volume).to.contain('is not of the right form').and.contain('NAME:/PATH[:ro]')
  })

  it('of mcpx itself are called so, and not those of another program', async () => {
    const own = createServer().listen(0, '127.0.0.1')
    await once(own, 'listening')
    const {port} = own.address() as AddressInfo
    const other = await startApi({DOCKER_HOST: dockerHost}, {of: api.test, publicPort: port})
    try {
      const check = async (caller: Caller): Promise<string> =>
        (await caller('POST', '/api/v1/ports/check', {port})).body.reason
      expect(await check(other.admin)).to.equal('mcpx itself has it: its port for HTTP (HTTP_PORT)')
      expect(await check(admin)).to.equal('another program of this machine has it')
      const refused = await create(other.admin, [{name: 'http', host: port}])
      expect(refused.body.errors[0].reason).to.contain('mcpx itself has it')
    } finally {
      own.close()
      await other.close()
    }
  })

  it('take the older external_port for the internal port', async () => {
    const {body} = await admin('GET', '/api/v1/ports/available')
    const made = await create(admin, [], {external_port: body.items[2].next})
    const {service_name} = await settled(api, made.body.service_name, 'running')
    const {items} = (await admin('GET', `/api/v1/services/${service_name}/ports`)).body
    const external = {name: 'external', host: body.items[2].next, bind: '127.0.0.1', protocol: 'tcp'}
    expect(items).to.deep.equal([external])
    const [listed] = (await admin('GET', '/api/v1/ports')).body.items
    expect(listed).to.include(external)
    expect((await fetch(`http://127.0.0.1:${items[0].host}/cgi-bin/env`)).status).to.equal(200)
  })

  it('and everything that reaches the host are for admins', async () => {
    const ci = await api.as('ci')
    const refusals: [field: string, body: object][] = [
      ['volumes', {volumes: ['/etc:/etc']}],
      ['volumes', {volumes: ['../x:/x']}],
      ['networks', {networks: ['host']}],
      ['capabilities', {capabilities: ['NET_ADMIN']}],
      ['user', {user: '0'}],
      ['user', {user: 'root:root'}],
      ['user', {user: '00'}],
      ['port_configs.0.bind', {port_configs: [{name: 'x', bind: '0.0.0.0'}]}],
      ['port_configs.0.bind', {port_configs: [{name: 'x'}], bind_address: '0.0.0.0'}],
    ]
    for (const [field, body] of refusals) {
      const answer = await create(ci, [], body)
      expect(problem(answer), JSON.stringify(body)).to.deep.equal(['admin-only', [field]])
    }
    const build = await ci('POST', '/api/v1/services', {
      service_name: unique('port'),
      dockerfile_path: 'Dockerfile',
      build_context: '/tmp',
    })
    expect(problem(build)).to.deep.equal(['admin-only', ['dockerfile_path']])
    expect((await admin('GET', '/api/v1/services')).body.items).to.deep.equal([])
    const mine = await create(ci, [{name: 'x'}], {volumes: ['data:/data']})
    expect(mine.status, JSON.stringify(mine.body)).to.equal(201)
    const change = await ci('PATCH', `/api/v1/services/${mine.body.service_name}`, {user: 'root'})
    expect(problem(change)).to.deep.equal(['admin-only', ['user']])
    const theirs = await (await api.as('other'))('GET', `/api/v1/services/${mine.body.service_name}`)
    expect(theirs.body.code).to.equal('not-found')
  })

  it('have tokens for as long as is said in words, and for 30 days when nothing is said', async () => {
    const {service_name} = (await create(admin, [])).body
    const token = (expires_in?: string): Promise<Answer> =>
      admin('POST', '/api/v1/ports/tokens', {
        token_name: unique('token'),
        allowed_services: [service_name],
        ...(expires_in !== undefined && {expires_in}),
      })
    const hour = 3_600_000
    for (const [words, hours] of [
      ['90m', 1.5],
      ['12h', 12],
      ['30d', 720],
      [undefined, 720],
    ] as const) {
      const {record} = (await token(words)).body
      expect(Date.parse(record.expires_at) - Date.now()).to.be.closeTo(hours * hour, hour / 4)
    }
    for (const words of ['0d', '12', '5w', '-1h'])
      expect(problem(await token(words))).to.deep.equal(['invalid-request', ['expires_in']])
  })

  it('hold images to the allow list, admins too', async () => {
    const answer = await create(admin, [], {image: 'redis:8'})
    expect(problem(answer)).to.deep.equal(['image-forbidden', ['image']])
    expect(answer.body.hint).to.contain('mcpx-test/*')
  })

  it('take no image, variable or label whose name means something else to the engine', async () => {
    const ci = await api.as('ci')
    for (const image of [
      'mcpx-test/../other',
      'mcpx-test/./web:1',
      'mcpx-test//web:1',
      'mcpx-test/web:1/json',
      'mcpx-test/web@other',
      'mcpx-test/web:1:2',
    ])
      for (const caller of [ci, admin])
        expect(problem(await create(caller, [], {image})), image).to.deep.equal([
          'invalid-request',
          ['image'],
        ])
    for (const more of [{environment: {'A=B': 'c'}}, {environment: {'A\nB': 'c'}}, {labels: {'a b': 'c'}}])
      expect((await create(ci, [], more)).body.code, JSON.stringify(more)).to.equal('invalid-request')
    expect((await create(ci, [], {image: `docker.io/${images.web}`})).status).to.equal(201)
  })

  it('of 50 services are listed in well under 2 seconds', async () => {
    const names = Array.from({length: 50}, () => unique('many'))
    const now = new Date().toISOString()
    const engine = await api.services.engineId()
    for (const [index, service_name] of names.entries())
      await api.test.records.service.create(service_name, {
        service_name,
        image: images.web,
        memory_limit: '16m',
        cpu_limit: 1,
        restart_policy: 'no',
        read_only_root: true,
        bind_address: '127.0.0.1',
        port_configs: [{name: 'http', host: 20_000 + index}],
        engine,
        wanted: 'stopped',
        status: 'stopped',
        health: 'none',
        owner: 'ADMIN',
        created_at: now,
        updated_at: now,
      })
    const start = performance.now()
    const list = await admin('GET', '/api/v1/services')
    const ports = await admin('GET', '/api/v1/ports')
    expect([list.body.items.length, ports.body.items.length]).to.deep.equal([50, 50])
    expect(performance.now() - start).to.be.lessThan(2000)
  })
})

describe('without an allow list', () => {
  it('admins run any image, and other tokens none', async () => {
    await useDocker()
    const api = await startApi({DOCKER_HOST: dockerHost})
    try {
      const body = (): object => ({service_name: unique('any'), image: images.web})
      expect((await api.admin('POST', '/api/v1/services', body())).status).to.equal(201)
      const refused = await (await api.as('ci'))('POST', '/api/v1/services', body())
      expect(problem(refused)).to.deep.equal(['image-forbidden', ['image']])
      expect(refused.body.hint).to.contain('SERVICE_IMAGES')
    } finally {
      await removeServices(api)
      await api.close()
    }
  })
})

describe('without an engine', () => {
  let api: TestApi
  beforeEach(async () => {
    api = await startApi()
  })
  afterEach(() => api.close())

  it('a service is refused with what to do, and everything else works', async () => {
    const answer = await api.admin('POST', '/api/v1/services', {service_name: 'web', image: 'redis:8'})
    expect([answer.status, answer.body.code]).to.deep.equal([503, 'engine-unavailable'])
    expect(answer.body.detail).to.contain('/nonexistent/docker.sock')
    expect(answer.body.hint).to.contain('DOCKER_HOST')
    expect((await api.admin('GET', '/api/v1/services')).body.items).to.deep.equal([])
    const made = await api.admin('POST', '/api/v1/instances', {
      name: 'a',
      target_url: 'http://127.0.0.1:9000',
    })
    expect(made.status).to.equal(201)
  })
})
