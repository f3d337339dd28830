// `mcpx serve` as a whole: real processes, real Redis, real requests.
import {once} from 'node:events'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import {ownRedis} from '../support/own-redis.ts'
import {descendants, isAlive, pidsOf} from '../support/processes.ts'
import {type ServerOptions, spawnServer, startServer, type TestServer} from '../support/server.ts'
import {until} from '../support/until.ts'

const worker = /mcpx worker/
const control = /mcpx control/
const redis = /redis-server|valkey-server/

describe('mcpx serve', function () {
  this.timeout(60_000)
  const cleanups: (() => unknown)[] = []

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  async function start(options: ServerOptions = {}): Promise<TestServer> {
    const server = await startServer(options)
    cleanups.push(() => server.stop())
    return server
  }

  function newHome(): string {
    const home = mkdtempSync(join(tmpdir(), 'mcpx-test-'))
    cleanups.push(() => rmSync(home, {recursive: true, force: true}))
    return home
  }

  /** Run it to its end: it is expected to refuse. */
  async function refused(home: string, env: Record<string, string>): Promise<{code: number; text: string}> {
    const child = spawnServer(home, {env})
    let text = ''
    child.stderr?.setEncoding('utf8').on('data', piece => {
      text += piece
    })
    cleanups.push(() => child.kill('SIGKILL'))
    const [code] = (await once(child, 'close')) as [number]
    return {code, text}
  }

  async function upstream(answer: Parameters<typeof createServer>[1]): Promise<string> {
    const server = createServer(answer as never).listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => server.close() && server.closeAllConnections())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  describe('at its first start', () => {
    it('makes a data directory, a secret key and an admin token that only their owner reads', async () => {
      const {home} = await start()
      const mode = (name: string): string => (statSync(join(home, name)).mode & 0o777).toString(8)
      expect(mode('data')).to.equal('700')
      expect(mode('data/run')).to.equal('700')
      expect(mode('data/secret.key')).to.equal('600')
      expect(mode('data/admin-token')).to.equal('600')
      expect(mode('config/mcpx/contexts.json')).to.equal('600')
    })

    it('prints the path of the admin token and not the token, in output and log alike', async () => {
      const server = await start({env: {LOG_LEVEL: 'debug'}})
      expect(server.adminToken).to.match(/^acm_/)
      expect(server.stdout()).to.include(join(server.home, 'data', 'admin-token'))
      expect(server.stdout() + server.stderr()).not.to.include(server.adminToken)
    })

    it('leaves a context with which the API takes the next call', async () => {
      const {home, url} = await start()
      const {current, contexts} = JSON.parse(readFileSync(join(home, 'config/mcpx/contexts.json'), 'utf8'))
      expect(contexts[current].url).to.equal(url)
      expect(await tokenName(url, contexts[current].token)).to.equal('ADMIN')
    })

    it('takes ADMIN_TOKEN in place of a token of its own', async () => {
      const {url, stdout} = await start({env: {ADMIN_TOKEN: 'a-token-of-mine-1234'}})
      expect(await tokenName(url, 'a-token-of-mine-1234')).to.equal('ADMIN')
      expect(stdout()).not.to.include('a-token-of-mine')
    })

    it('reads ./.env, which the environment overrides and where an empty variable is none', async () => {
      const home = newHome()
      writeFileSync(join(home, '.env'), 'ADMIN_TOKEN=token-from-the-file\nLOG_LEVEL=nonsense\nBASE_DOMAIN=\n')
      const {url} = await start({home, env: {LOG_LEVEL: 'warn'}})
      expect(await tokenName(url, 'token-from-the-file')).to.equal('ADMIN')
    })
  })

  describe('at a second start', () => {
    it('tells the admin token that a start which failed midway could not tell', async () => {
      const home = newHome()
      const child = spawnServer(home)
      const draft = join(home, 'data', 'admin-token.draft')
      const gone = once(child, 'exit')
      await until(() => existsSync(join(home, 'data', 'run', 'control.sock')), 'the token is stored')
      child.kill('SIGKILL')
      await gone
      expect(existsSync(draft)).to.equal(true)
      const {url, adminToken, stdout} = await start({home})
      expect(await tokenName(url, adminToken)).to.equal('ADMIN')
      expect(stdout()).to.include(join(home, 'data', 'admin-token'))
      const {contexts} = JSON.parse(readFileSync(join(home, 'config/mcpx/contexts.json'), 'utf8'))
      expect(contexts.local).to.deep.equal({url, token: adminToken})
      expect(existsSync(draft)).to.equal(false)
    })

    it('starts where the contexts cannot be written, and says so', async () => {
      const home = newHome()
      writeFileSync(join(home, 'config'), 'no directory')
      const {url, adminToken, stderr} = await start({home})
      expect(await tokenName(url, adminToken)).to.equal('ADMIN')
      expect(stderr()).to.include(`mcpx login ${url}`)
    })

    it('keeps records, admin token and secret key', async () => {
      const home = newHome()
      const first = await startServer({home})
      await createProxy(first, {hostname: 'kept.example.com', custom_headers: {'x-secret': 'sealed'}})
      await first.stop()
      const second = await start({home})
      expect(second.adminToken).to.equal(first.adminToken)
      const answer = await call(second, 'GET', '/proxy/targets/kept.example.com')
      expect(await answer.json()).to.deep.include({custom_headers: {'x-secret': 'sealed'}})
      expect(second.stdout()).not.to.include('Admin token')
    })

    it('moves the context along when the port has changed', async () => {
      const home = newHome()
      const first = await startServer({home})
      await first.stop()
      const second = await start({home})
      const {contexts} = JSON.parse(readFileSync(join(home, 'config/mcpx/contexts.json'), 'utf8'))
      expect(second.port).not.to.equal(first.port)
      expect(contexts.local).to.deep.equal({url: second.url, token: first.adminToken})
    })

    it('makes a new admin token with --reset-admin-token, and the old one ends', async () => {
      const home = newHome()
      const first = await startServer({home})
      await first.stop()
      const second = await start({home, args: ['--reset-admin-token']})
      expect(second.adminToken).not.to.equal(first.adminToken)
      expect(await tokenName(second.url, second.adminToken)).to.equal('ADMIN')
      expect((await call(second, 'GET', '/tokens/info', undefined, first.adminToken)).status).to.equal(401)
    })

    it('refuses a data directory that another mcpx uses', async () => {
      const {home} = await start()
      const {code, text} = await refused(home, {})
      expect(code).to.equal(1)
      expect(text).to.include('Another mcpx runs on this data directory').and.include('MCPX_DATA_DIR')
    })

    it('takes over a data directory whose mcpx was killed', async () => {
      const home = newHome()
      const first = await startServer({home})
      await first.stop('SIGKILL')
      const second = await start({home})
      expect(await tokenName(second.url, first.adminToken)).to.equal('ADMIN')
    })
  })

  describe('that cannot start', () => {
    it('names every mistake in the configuration at once, and none of the values', async () => {
      const {code, text} = await refused(newHome(), {
        HTTP_PORT: 'eighty',
        BASE_DOMAIN: 'https://example.com/',
        ADMIN_TOKEN: 'short',
      })
      expect(code).to.equal(1)
      expect(text).to.include('HTTP_PORT').and.include('BASE_DOMAIN').and.include('ADMIN_TOKEN')
      expect(text).not.to.include('short')
      expect(text).not.to.match(/\n\s+at /)
    })

    it('says which port is taken when it was asked for, and leaves no process', async () => {
      const taken = await listening()
      const {code, text} = await refused(newHome(), {HTTP_PORT: String(taken.port)})
      expect(code).to.equal(1)
      expect(text).to.include(`Port ${taken.port} is in use by another program`).and.include('HTTP_PORT')
    })

    // An address of its own on the loopback network (Linux), so that nobody else has these ports.
    it('uses 8080 with a notice when no port was asked for and 80 cannot be bound', async () => {
      await listening(80, '127.0.0.77').catch(() => 'not ours to bind, which is just as well')
      const server = await start({env: {HTTP_PORT: '', BIND_ADDRESS: '127.0.0.77'}})
      expect(server.port).to.equal(8080)
      expect(server.stderr()).to.match(/Port 80 .*; using 8080 instead \(HTTP_PORT chooses another\)/)
    })

    it('refuses when neither 80 nor 8080 can be bound', async () => {
      await listening(80, '127.0.0.77').catch(() => 'not ours to bind, which is just as well')
      await listening(8080, '127.0.0.77')
      const {code, text} = await refused(newHome(), {HTTP_PORT: '', BIND_ADDRESS: '127.0.0.77'})
      expect(code).to.equal(1)
      expect(text).to.include('Port 8080 is in use by another program')
    })

    it('says what to install when there is no redis-server', async () => {
      const {code, text} = await refused(newHome(), {PATH: '/nowhere'})
      expect(code).to.equal(1)
      expect(text).to.include('apt-get install redis-server').and.include('REDIS_URL')
    })

    it('refuses a Redis that may drop records', async () => {
      const shared = await ownRedis()
      cleanups.push(() => shared.close())
      const {connectRedis} = await import('../../src/core/store/redis.ts')
      const connection = connectRedis({url: shared.url})
      await connection.call('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru')
      connection.disconnect()
      const {code, text} = await refused(newHome(), {REDIS_URL: shared.url})
      expect(code).to.equal(1)
      expect(text).to.include('maxmemory-policy is allkeys-lru')
    })
  })

  describe('while Redis is away', () => {
    for (const WORKERS of ['0', '1'])
      it(`ends when it is told to, with WORKERS=${WORKERS}`, async () => {
        const away = await ownRedis()
        const server = await startServer({env: {WORKERS, REDIS_URL: away.url}})
        cleanups.push(() => server.process.kill('SIGKILL'))
        await away.close()
        expect(await server.stop()).to.equal(0)
        expect(server.stderr()).not.to.include('was ended by SIGKILL')
      })
  })

  describe('when a part dies', () => {
    it('starts a worker again, and no connection is refused meanwhile', async () => {
      const server = await start({env: {WORKERS: '1'}})
      const [pid = 0] = pidsOf(server.process.pid ?? 0, worker)
      process.kill(pid, 'SIGKILL')
      await until(() => !pidsOf(server.process.pid ?? 0, worker).includes(pid), 'the worker is gone')
      expect(await tokenName(server.url, server.adminToken)).to.equal('ADMIN')
      expect(pidsOf(server.process.pid ?? 0, worker)).to.have.length(1)
    })

    it('serves proxied requests while the control process is away, and brings it back', async () => {
      const server = await start()
      const url = await upstream((_request, response) => response.end('from upstream'))
      await createProxy(server, {hostname: '127.0.0.1', target_url: url})
      const proxied = `http://127.0.0.1:${server.port}/`
      await until(async () => (await text(proxied)) === 'from upstream', 'the proxy serves')
      const [pid = 0] = pidsOf(server.process.pid ?? 0, control)
      process.kill(pid, 'SIGKILL')
      let served = 0
      await until(async () => {
        expect(await text(proxied)).to.equal('from upstream')
        served++
        return (await call(server, 'GET', '/tokens/info').catch(() => undefined))?.status === 200
      }, 'the API answers again')
      expect(served).to.be.greaterThan(0)
      expect(pidsOf(server.process.pid ?? 0, control)).to.not.include(pid)
    })

    it('serves from its snapshot while Redis is away, and brings Redis back with every record', async () => {
      const server = await start()
      const url = await upstream((_request, response) => response.end('from upstream'))
      await createProxy(server, {hostname: '127.0.0.1', target_url: url})
      const proxied = `http://127.0.0.1:${server.port}/`
      await until(async () => (await text(proxied)) === 'from upstream', 'the proxy serves')
      const before = descendants(server.process.pid ?? 0).filter(one =>
        /^\S*(redis|valkey)-server /.test(one.command),
      )
      process.kill(before[0]?.pid ?? 0, 'SIGKILL')
      expect(await text(proxied)).to.equal('from upstream')
      await until(async () => {
        const answer = await call(server, 'GET', '/proxy/targets/127.0.0.1').catch(() => undefined)
        return answer?.status === 200
      }, 'the record is there again')
      const target_url = await upstream((_request, response) => response.end('from another'))
      await call(server, 'PATCH', '/proxy/targets/127.0.0.1', {target_url})
      await until(async () => (await text(proxied)) === 'from another', 'the change reaches the workers')
    })
  })

  describe('when it stops', () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`finishes a request under way on ${signal}, takes no new one, and ends with 0`, async () => {
        const server = await startServer()
        let release = (): void => {}
        const arrived = new Promise<void>(resolve => {
          void upstream((_request, response) => {
            release = () => response.end('finished')
            resolve()
          }).then(url => createProxy(server, {hostname: '127.0.0.1', target_url: url}))
        })
        const proxied = `http://127.0.0.1:${server.port}/`
        let answer: Promise<Response> | undefined
        await until(async () => {
          const tried = fetch(proxied)
          const status = await Promise.race([tried.then(one => one.status), arrived.then(() => 0)])
          answer = tried
          return status === 0
        }, 'the request reaches the upstream')
        const stopped = server.stop(signal)
        await until(async () => !(await accepts(server.port)), 'the port is closed')
        release()
        expect(await (await answer)?.text()).to.equal('finished')
        expect(await stopped).to.equal(0)
      })
    }

    it('leaves no process behind, also when it is killed', async () => {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const server = await startServer()
        await call(server, 'POST', '/demo')
        const {pid = 0} = server.process
        const children = descendants(pid).map(one => one.pid)
        expect(pidsOf(pid, worker)).to.have.length(2)
        expect(pidsOf(pid, redis)).not.to.be.empty
        await server.stop(signal)
        await until(() => !children.some(isAlive), `every process is gone after ${signal}`)
      }
    })

    for (const signal of ['SIGTERM', 'SIGKILL'] as const)
      it(`leaves no process behind on ${signal} while it waits for Redis`, async () => {
        const child = spawnServer(newHome(), {env: {REDIS_URL: 'redis://127.0.0.1:1'}})
        cleanups.push(() => child.kill('SIGKILL'))
        let text = ''
        child.stderr?.setEncoding('utf8').on('data', piece => {
          text += piece
        })
        await until(() => text.includes('Waiting for Redis at redis://127.0.0.1:1'), 'it says that it waits')
        const {pid = 0} = child
        const children = descendants(pid).map(one => one.pid)
        child.kill(signal)
        const ending = await once(child, 'exit')
        expect(ending).to.deep.equal(signal === 'SIGTERM' ? [0, null] : [null, 'SIGKILL'])
        await until(() => !children.some(isAlive), 'no process is left')
      })
  })

  describe('as two replicas on one Redis', () => {
    it('agrees on the admin token, and shows within 100 ms what was written through the other', async () => {
      const shared = await ownRedis()
      cleanups.push(() => shared.close())
      const env = {REDIS_URL: shared.url, MCPX_SECRET_KEY: Buffer.alloc(32, 7).toString('base64')}
      const replicas = await Promise.all([start({env}), start({env})])
      const [token = ''] = replicas.map(one => one.adminToken).filter(Boolean)
      for (const {url} of replicas) expect(await tokenName(url, token)).to.equal('ADMIN')
      const [one, other] = replicas
      const url = await upstream((_request, response) => response.end('here'))
      for (const [writer, reader] of [
        [one, other],
        [other, one],
      ] as const) {
        const made = await call(
          writer,
          'POST',
          '/proxy/targets',
          {hostname: '127.0.0.1', target_url: url},
          token,
        )
        const since = performance.now()
        expect(made.status).to.equal(201)
        await until(async () => (await text(`http://127.0.0.1:${reader.port}/`)) === 'here', 'it serves')
        expect(performance.now() - since).to.be.below(100)
        await call(writer, 'DELETE', '/proxy/targets/127.0.0.1', undefined, token)
        await until(async () => (await text(`http://127.0.0.1:${reader.port}/`)) !== 'here', 'it is gone')
      }
    })
  })

  it('serves with everything in one process when WORKERS is 0', async () => {
    const server = await start({env: {WORKERS: '0'}})
    expect(await tokenName(server.url, server.adminToken)).to.equal('ADMIN')
    expect(pidsOf(server.process.pid ?? 0, /mcpx (worker|control)/)).to.be.empty
  })

  it('keeps its sockets elsewhere when the path of the data directory is too long for them', async () => {
    const home = newHome()
    const data = join(home, 'd'.repeat(100), 'data')
    mkdirSync(data, {recursive: true})
    const child = spawnServer(home, {env: {MCPX_DATA_DIR: data}})
    cleanups.push(() => child.kill('SIGKILL'))
    let printed = ''
    child.stdout?.setEncoding('utf8').on('data', piece => {
      printed += piece
    })
    await until(() => printed.includes('is ready'), 'it is ready')
    child.kill('SIGTERM')
    expect((await once(child, 'exit'))[0]).to.equal(0)
  })

  async function listening(port = 0, host = '127.0.0.1'): Promise<{port: number; server: Server}> {
    const server = createServer().listen(port, host)
    await once(server, 'listening')
    cleanups.push(() => server.close())
    return {port: (server.address() as AddressInfo).port, server}
  }
})

const text = async (url: string): Promise<string> => (await fetch(url)).text()

function call(
  {url, adminToken}: {url: string; adminToken: string},
  method: string,
  path: string,
  body?: unknown,
  token = adminToken,
): Promise<Response> {
  return fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && {'content-type': 'application/json'}),
    },
    ...(body !== undefined && {body: JSON.stringify(body)}),
  })
}

async function tokenName(url: string, token: string): Promise<string | undefined> {
  const answer = await call({url, adminToken: token}, 'GET', '/tokens/info')
  return ((await answer.json()) as {name?: string}).name
}

async function createProxy(server: TestServer, proxy: object): Promise<void> {
  const answer = await call(server, 'POST', '/proxy/targets', proxy)
  expect(answer.status, await answer.clone().text()).to.equal(201)
}

const accepts = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
