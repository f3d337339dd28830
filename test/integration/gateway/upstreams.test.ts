// Where requests go: targets of every type, several URLs, sessions kept on the URL that opened them, upstreams that fail.
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import type {IncomingMessage} from 'node:http'
import type {AddressInfo} from 'node:net'
import {createServer} from 'node:net'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {expect} from 'chai'
import {Collection} from '../../../src/core/store/collection.ts'
import {Upstreams} from '../../../src/server/gateway/upstream.ts'

import {mirror, mirrored, problemOf, received, Stage} from '../../support/stage.ts'
import {until} from '../../support/until.ts'

const config = {TRUSTED_PROXIES: [], PROXY_CONNECT_TIMEOUT: 1, PROXY_REQUEST_TIMEOUT: 1, SSE_KEEPALIVE: 15}

/** A port of this machine where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('upstreams', () => {
  let stage: Stage
  let sites = 0
  before(async () => {
    stage = await Stage.open({config})
  })
  after(() => stage.close())

  const named = (name: string) => stage.upstream((_, response) => response.end(name))
  const site = async (target_url: string): Promise<string> => {
    const host = `up-${++sites}.test`
    await stage.proxy(host, {target_url})
    return host
  }

  it('serves routes to ports, URLs, instances, services and the targets of other proxies', async () => {
    const url = await stage.upstream(mirror)
    const host = await site(await named('the proxy itself'))
    const other = await site(`${url}/other`)
    await stage.instance('one', `${url}/one`)
    const {hostname: address, port} = new URL(url)
    const two = {owner: 'ADMIN', service_name: 'two', address, listens_on: Number(port)}
    await new Collection(stage.test.store, 'service').create('two', two)
    const targets = [
      ['port', new URL(url).port, ''],
      ['url', `${url}/u`, '/u'],
      ['instance', 'one', '/one'],
      ['service', 'two', ''],
      ['hostname', other, '/other'],
    ] as const
    for (const [target_type, target_value] of targets) {
      await stage.route(`to-${target_type}`, {
        hosts: [host],
        path_pattern: `/${target_type}`,
        target_type,
        target_value,
      })
    }
    for (const [target_type, , base] of targets) {
      expect(mirrored(await stage.send({host, path: `/${target_type}/x`})).url).to.equal(
        `${base}/${target_type}/x`,
      )
    }
    expect((await stage.send({host, path: '/elsewhere'})).body).to.equal('the proxy itself')
  })

  it('takes a prefix off the path when the route says so', async () => {
    const host = await site(await named('none'))
    const target_value = `${await stage.upstream(mirror)}/mcp`
    await stage.route('strip', {
      hosts: [host],
      path_pattern: '/echo',
      target_type: 'url',
      target_value,
      strip_path: true,
    })
    for (const [path, url] of [
      ['/echo', '/mcp'],
      ['/echo?a=b', '/mcp?a=b'],
      ['/echo/', '/mcp/'],
      ['/echo/x%20y', '/mcp/x%20y'],
      ['/%65cho/x', '/mcp/x'],
      ['/echo/x/%2e%2e/%2e%2e/echo/y', '/mcp/y'],
    ] as const) {
      expect(mirrored(await stage.send({host, path})).url, path).to.equal(url)
    }
  })

  it('answers 502 naming the target that is of no use', async () => {
    const host = await site(await named('x'))
    await stage.proxy('empty.test')
    await stage.route('gone', {
      hosts: [host],
      path_pattern: '/gone',
      target_type: 'hostname',
      target_value: 'empty.test',
    })
    expect(problemOf(await stage.send({host, path: '/gone'}))).to.include({
      code: 'upstream-unknown',
      detail: 'Route gone points at the proxy `empty.test`, which has no target URL',
    })
  })

  it('dials public addresses only for who is not admin, whatever a name resolves to', async () => {
    const {port} = new URL(await named('private'))
    const owner = 'alice'
    for (const host of [
      'localhost',
      '127.0.0.1',
      '[::ffff:127.0.0.1]',
      '[::7f00:1]',
      '10.0.0.1',
      '[fd00::1]',
    ]) {
      for (const scheme of ['http', 'https']) {
        const target_url = `${scheme}://${host}:${port}`
        const name = `alice-${++sites}.test`
        await stage.proxy(name, {target_url, owner})
        const answer = await stage.send({host: name})
        expect(problemOf(answer), target_url).to.include({status: 403, code: 'target-forbidden'})
      }
    }
    await stage.instance('of-admin', `http://localhost:${port}`)
    const hers = {owner, service_name: 'hers', address: '127.0.0.1', listens_on: Number(port)}
    await new Collection(stage.test.store, 'service').create('hers', hers)
    await stage.proxy('hers.test', {owner})
    await stage.route('hers', {owner, hosts: ['hers.test'], target_type: 'service', target_value: 'hers'})
    expect((await stage.send({host: 'hers.test'})).body).to.equal('private')
    await stage.proxy('shared.test', {owner})
    await stage.route('shared', {hosts: ['shared.test'], owner, target_value: 'of-admin'})
    expect((await stage.send({host: 'shared.test'})).body).to.equal('private')
  })

  it('forgets upstreams that nothing refers to any more', async () => {
    const upstreams = new Upstreams()
    const address = (port: number) =>
      ({href: `http://h:${port}`, secure: false, host: 'h', port, reach: 'anywhere'}) as const
    const kept = upstreams.at(address(1))
    const left = new WeakRef(upstreams.at(address(2)))
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await until(() => {
      collect()
      return left.deref() === undefined
    }, 'it is forgotten')
    expect(upstreams.at(address(1))).to.equal(kept)
    upstreams.close()
  })

  it('answers 502 naming the upstream that refuses, 504 for one that says nothing', async () => {
    const port = await closedPort()
    const refused = await stage.send({host: await site(`http://127.0.0.1:${port}`)})
    expect(problemOf(refused)).to.include({status: 502, code: 'upstream-unreachable'})
    expect(problemOf(refused).detail).to.include(`127.0.0.1:${port}`)
    const silent = await stage.send({
      host: await site(await stage.bareUpstream(() => {})),
      method: 'POST',
      body: 'x',
    })
    expect(problemOf(silent)).to.include({status: 504, code: 'upstream-timeout'})
  }).timeout(5000)

  it('has patience once an answer has begun', async () => {
    const host = await site(
      await stage.upstream((_, response) => {
        response.write('begin ')
        setTimeout(() => response.end('end'), 2000)
      }),
    )
    expect((await stage.send({host})).body).to.equal('begin end')
  }).timeout(5000)

  it('lets a body pause as it likes once the answer has begun', async () => {
    const host = await site(await stage.upstream((request, response) => void request.pipe(response)))
    const message = stage.begin({host, method: 'POST', headers: {'Transfer-Encoding': 'chunked'}})
    message.write('one ')
    const [answer] = (await once(message, 'response')) as [IncomingMessage]
    setTimeout(() => message.end('two'), 1800)
    expect((await received(answer)).body).to.equal('one two')
  }).timeout(5000)

  it('does not blame the upstream for a body that stalls', async () => {
    const host = await site(await stage.upstream(mirror))
    const said = await stage.talk(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\nConnection: close\r\n\r\nbegin`,
    )
    expect(said).to.match(/^HTTP\/1\.1 408 /)
  }).timeout(9000)

  it('refuses an upstream whose certificate nobody vouches for, and says so', async () => {
    const host = await site((await stage.upstream(mirror)).replace('http:', 'https:'))
    expect(problemOf(await stage.send({host}))).to.include({code: 'upstream-unreachable'})
  })

  describe('of one instance', () => {
    let instances = 0
    async function several(...urls: [string, ...string[]]): Promise<string> {
      const name = `several-${++instances}`
      await stage.instance(name, ...urls)
      const host = `${name}.test`
      await stage.proxy(host)
      await stage.route(name, {hosts: [host], path_pattern: '/', target_value: name})
      return host
    }

    it('sends a request to the least busy', async () => {
      const held: (() => void)[] = []
      const [a, b] = await Promise.all(
        ['a', 'b'].map(name =>
          stage.upstream((request, response) => {
            if (request.url === '/hold') held.push(() => response.end(name))
            else response.end(name)
          }),
        ),
      )
      const host = await several(a as string, b as string)
      const holding = stage.send({host, path: '/hold'})
      await until(() => held.length === 1, 'one upstream is busy')
      const names = new Set<string>()
      for (let index = 0; index < 6; index++) names.add((await stage.send({host})).body)
      held[0]?.()
      const busy = (await holding).body
      expect([...names]).to.deep.equal([busy === 'a' ? 'b' : 'a'])
    })

    it('tries another when one cannot be reached, and leaves that one out', async () => {
      const port = await closedPort()
      const host = await several(`http://127.0.0.1:${port}`, await named('well'))
      for (let index = 0; index < 4; index++) {
        expect((await stage.send({host, method: 'POST', body: 'x'})).body).to.equal('well')
      }
      await until(
        () => stage.batches.some(({upstreamErrors}) => upstreamErrors.some(({proxy}) => proxy === host)),
        'errors',
      )
      const errors = stage.batches
        .flatMap(({upstreamErrors}) => upstreamErrors)
        .filter(({proxy}) => proxy === host)
      expect(errors).to.deep.equal([{proxy: host, code: 'upstream-unreachable', count: 1}])
    })

    it('takes back one that has recovered', async () => {
      let ill = true
      const sick = await stage.bareUpstream(socket => {
        if (ill) socket.destroy()
        else socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nback'))
      })
      const host = await several(sick, await named('well'))
      const ask = async () => (await stage.send({host, method: 'POST', body: 'x'})).body
      let failures = 0
      for (let index = 0; index < 12; index++) if ((await ask()) !== 'well') failures++
      expect(failures).to.equal(3)
      ill = false
      await until(async () => (await ask()) === 'back', 'it is asked again')
    }).timeout(8000)

    it('keeps an MCP session on the URL that opened it, and tags its id', async () => {
      const opened = new Map<string, string>()
      const server = (name: string) =>
        stage.upstream((request, response) => {
          const session = request.headers['mcp-session-id']
          if (session === undefined) {
            const made = `${name}-${randomBytes(4).toString('hex')}`
            opened.set(made, name)
            response.setHeader('Mcp-Session-Id', made)
          } else if (opened.get(session as string) !== name) response.statusCode = 404
          response.end(name)
        })
      const host = await several(await server('a'), await server('b'), await server('c'))
      for (let index = 0; index < 6; index++) {
        const first = await stage.send({host, method: 'POST', body: '{}'})
        const session = first.headers['mcp-session-id'] as string
        expect(opened.has(session)).to.equal(false)
        expect(session).to.match(/^[\x21-\x7e]+$/)
        for (let again = 0; again < 4; again++) {
          const answer = await stage.send({
            host,
            method: 'POST',
            headers: {'Mcp-Session-Id': session},
            body: '{}',
          })
          expect([answer.status, answer.body]).to.deep.equal([200, first.body])
        }
      }
    })

    it('answers 404 for a session id that is forged, altered or foreign', async () => {
      const url = await stage.upstream((_, response) => {
        response.setHeader('Mcp-Session-Id', 'abc')
        response.end()
      })
      const host = await several(url, `${await named('b')}/`)
      let issued: string | undefined
      await until(async () => {
        issued = (await stage.send({host})).headers['mcp-session-id'] as string | undefined
        return issued !== undefined
      }, 'a session is opened')
      for (const session of [
        'abc',
        `x${issued}`,
        `${issued?.slice(0, -1)}~`,
        'abc.aaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaa',
      ]) {
        const answer = await stage.send({
          host,
          method: 'POST',
          headers: {'Mcp-Session-Id': session},
          body: '{}',
        })
        expect(problemOf(answer), session).to.include({status: 404, code: 'session-unknown'})
      }
    })

    it('keeps a session of the old transport on the URL that opened it', async () => {
      const server = (name: string) =>
        stage.upstream((request, response) => {
          if (request.method === 'POST') {
            response.end(`${name} ${request.url}`)
            return
          }
          response.writeHead(200, {'Content-Type': 'text/event-stream'})
          response.end(`event: endpoint\ndata: /message?sessionId=${name}\n\n`)
        })
      const host = await several(await server('a'), await server('b'))
      for (let index = 0; index < 4; index++) {
        const {body} = await stage.send({host, path: '/sse'})
        const [, path = '', name] = /^data: (.*sessionId=(.)\S*)$/m.exec(body) ?? []
        for (let again = 0; again < 4; again++) {
          const answer = await stage.send({host, method: 'POST', path, body: '{}'})
          expect(answer.body).to.equal(`${name} /message?sessionId=${name}`)
        }
        const other = path.replace('sessionId=', 'sessionId=x')
        expect((await stage.send({host, method: 'POST', path: other, body: '{}'})).status).to.equal(404)
      }
    })

    it('leaves the session ids of a single URL alone', async () => {
      const url = await stage.upstream((request, response) => {
        response.setHeader('Mcp-Session-Id', request.headers['mcp-session-id'] ?? 'abc')
        response.end()
      })
      const host = await several(url)
      expect((await stage.send({host})).headers['mcp-session-id']).to.equal('abc')
      expect(
        (await stage.send({host, headers: {'Mcp-Session-Id': 'x.y'}})).headers['mcp-session-id'],
      ).to.equal('x.y')
    })
  })
})
