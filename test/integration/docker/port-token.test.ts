// Ports on which mcpx itself listens, with the whole server: who gets through, who is let out again, what is counted.
import {once} from 'node:events'
import {connect, type Socket} from 'node:net'
import {networkInterfaces} from 'node:os'
import {expect} from 'chai'
import {type Answer, type Caller} from '../../support/api.ts'
import {docker, dockerHost, images, useDocker} from '../../support/docker.ts'
import {startServer, type TestServer} from '../../support/server.ts'
import {removeServices, settled, unique} from '../../support/services.ts'
import {until} from '../../support/until.ts'

describe('a port with a port token', function () {
  this.timeout(60_000)
  let server: TestServer
  let admin: Caller
  before(async function () {
    this.timeout(120_000)
    await useDocker()
    server = await startServer({env: {DOCKER_HOST: dockerHost}})
    admin = async (method, path, body) => {
      const response = await fetch(server.url + path, {
        method,
        headers: {
          authorization: `Bearer ${server.adminToken}`,
          ...(body !== undefined && {'content-type': 'application/json'}),
        },
        ...(body !== undefined && {body: JSON.stringify(body)}),
      })
      const text = await response.text()
      return {status: response.status, headers: response.headers, body: text === '' ? '' : JSON.parse(text)}
    }
  })
  afterEach(() => removeServices({admin}))
  after(() => server.stop())

  /** A service with one guarded port; resolves once the gateway listens there. */
  async function guarded(
    port: object,
    image: string = images.web,
  ): Promise<{name: string; host: number; url: string}> {
    const name = unique('guarded')
    const made = await admin('POST', '/api/v1/services', {
      service_name: name,
      image,
      port_configs: [{name: 'http', ...port}],
    })
    expect(made.status, JSON.stringify(made.body)).to.equal(201)
    await settled({admin}, name, 'running')
    const {host} = made.body.port_configs[0]
    await until(() => opens(host), `mcpx listens on ${host}`)
    return {name, host, url: `http://127.0.0.1:${host}/cgi-bin/env`}
  }

  const opens = async (port: number): Promise<boolean> => {
    const socket = connect(port, '127.0.0.1')
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    return open
  }

  async function newToken(services: string[], more: object = {}): Promise<{name: string; token: string}> {
    const name = unique('token')
    const {body, status} = await admin('POST', '/api/v1/ports/tokens', {
      token_name: name,
      allowed_services: services,
      ...more,
    })
    expect(status, JSON.stringify(body)).to.equal(201)
    expect(body.token).to.match(/^pat_[\w-]{43}$/)
    return {name, token: body.token}
  }

  const get = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, {headers, redirect: 'manual'})

  const eventually = (url: string, token: string, status: number): Promise<void> =>
    until(
      async () => (await get(url, {'x-port-token': token})).status === status,
      `${url} answers ${status}`,
      1000,
    )

  it('is not published by the engine, and lets nobody through without a token', async () => {
    const {name, url} = await guarded({source_token: true})
    expect(docker('port', `mcpx-${name}`)).to.equal('')
    const nobody = await get(url)
    expect([nobody.status, ((await nobody.json()) as {code: string}).code]).to.deep.equal([
      401,
      'port-token-missing',
    ])
    const wrong = await get(url, {authorization: 'Bearer pat_wrong'})
    expect([wrong.status, ((await wrong.json()) as {code: string}).code]).to.deep.equal([
      401,
      'port-token-invalid',
    ])
    expect(wrong.headers.get('www-authenticate')).to.contain('invalid_token')
  })

  it('takes the token as bearer or in a field of its own, and keeps it from the service', async () => {
    const {name, url} = await guarded({source_token: true})
    const {token} = await newToken([name])
    await eventually(url, token, 200)
    const bearer = await (await get(url, {authorization: `Bearer ${token}`})).text()
    const field = await (
      await get(url, {'x-port-token': token, authorization: 'Bearer of-the-service'})
    ).text()
    const both = await (await get(url, {'x-port-token': token, authorization: `Bearer ${token}`})).text()
    for (const text of [bearer, field, both])
      expect(text).to.contain('REQUEST_METHOD=GET').and.not.contain(token)
  })

  it('takes no token in clear from another machine, unless its address is listed', async () => {
    const {address} = Object.values(networkInterfaces())
      .flatMap(list => list ?? [])
      .find(one => one.family === 'IPv4' && !one.internal) ?? {address: ''}
    const open = await guarded({source_token: true, bind: '0.0.0.0'})
    const listed = await guarded({source_token: true, bind: '0.0.0.0', allowed_sources: [address]})
    const {token} = await newToken([open.name, listed.name])
    await eventually(open.url, token, 200)
    const outside = ({host}: {host: number}) => `http://${address}:${host}/cgi-bin/env`
    const refused = await get(outside(open), {'x-port-token': token})
    expect([refused.status, (await refused.json()).code]).to.deep.equal([403, 'token-in-clear'])
    await eventually(outside(listed), token, 200)
  })

  it('asks a browser once, and remembers it in a cookie that only this port reads', async () => {
    const {name, host, url} = await guarded({source_token: true})
    const {token} = await newToken([name])
    await eventually(url, token, 200)
    const page = await get(url, {accept: 'text/html'})
    expect([page.status, await page.text()].join())
      .to.contain('401')
      .and.contain('action="/.mcpx/visit"')
    const visit = (secret: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${host}/.mcpx/visit`, {
        method: 'POST',
        body: new URLSearchParams({token: secret, to: '/cgi-bin/env'}),
        redirect: 'manual',
      })
    expect((await visit('pat_wrong')).status).to.equal(401)
    const welcome = await visit(token)
    expect([welcome.status, welcome.headers.get('location')]).to.deep.equal([303, '/cgi-bin/env'])
    const [cookie = ''] = (welcome.headers.get('set-cookie') ?? '').split(';')
    expect(welcome.headers.get('set-cookie')).to.contain('HttpOnly').and.contain('SameSite=Lax')
    const inside = await get(url, {cookie: `${cookie}; theme=dark`})
    expect(inside.status).to.equal(200)
    expect(await inside.text())
      .to.contain('theme=dark')
      .and.not.contain(token)
    // Its browser sends the cookie with what pages of other ports of this host ask, too.
    const {origin} = new URL(url)
    for (const [page, status] of [
      [origin, 200],
      [`http://127.0.0.1:${host + 1}`, 403],
      ['http://evil.example', 403],
      ['null', 403],
    ] as const)
      expect((await get(url, {cookie, origin: page})).status, page).to.equal(status)
    expect((await get(url, {'x-port-token': token, origin: 'http://evil.example'})).status).to.equal(200)
  })

  it('opens only the services and ports the token names', async () => {
    const one = await guarded({source_token: true})
    const other = await guarded({source_token: true})
    const {token} = await newToken([one.name])
    await eventually(one.url, token, 200)
    expect((await get(other.url, {'x-port-token': token})).status).to.equal(401)
    const narrow = await newToken([one.name, other.name], {allowed_ports: [other.host]})
    await eventually(other.url, narrow.token, 200)
    expect((await get(one.url, {'x-port-token': narrow.token})).status).to.equal(401)
    const validate = async (body: object): Promise<Answer['body']> =>
      (await admin('POST', '/api/v1/ports/tokens/validate', body)).body
    expect(await validate({token: narrow.token, service: other.name, port: other.host})).to.include({
      valid: true,
    })
    expect((await validate({token: narrow.token, service: one.name, port: one.host})).reason).to.contain(
      `${one.host}`,
    )
  })

  it('is closed within a second when the token is revoked, for WebSockets that are open too', async () => {
    const {name, host} = await guarded({source_token: true}, images.echo)
    const {name: tokenName, token} = await newToken([name])
    let socket: Socket | undefined
    await until(
      async () => {
        socket = connect(host, '127.0.0.1')
        socket.write(
          `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
        )
        const [head] = (await once(socket, 'data')) as [Buffer]
        return head.toString().startsWith('HTTP/1.1 101')
      },
      'the protocol is switched',
      5000,
    )
    const open = socket as Socket
    open.write('hello')
    const [echo] = (await once(open, 'data')) as [Buffer]
    expect(echo.toString()).to.equal('hello')
    const closed = once(open, 'close')
    const start = performance.now()
    expect((await admin('DELETE', `/api/v1/ports/tokens/${tokenName}`)).status).to.equal(204)
    await closed
    expect(performance.now() - start).to.be.lessThan(1000)
    expect((await get(`http://127.0.0.1:${host}/`, {'x-port-token': token})).status).to.equal(401)
  })

  it('is closed within a second of the expiry', async () => {
    const {name, url} = await guarded({source_token: true})
    const {token} = await newToken([name], {expires_in: '2s'})
    const end = Date.now() + 2000
    await eventually(url, token, 200)
    // What is under way when it expires is cut off.
    const status = () =>
      get(url, {'x-port-token': token}).then(
        answer => answer.status,
        () => 0,
      )
    await until(async () => (await status()) === 401, 'it has expired', 4000)
    expect(Date.now() - end).to.be.within(-50, 1000)
  })

  it('counts uses, and keeps only the hash of the token', async () => {
    const {name, url} = await guarded({source_token: true})
    const {name: tokenName, token} = await newToken([name])
    await eventually(url, token, 200)
    for (let index = 0; index < 4; index++) await get(url, {'x-port-token': token})
    let record: Answer['body']
    await until(
      async () => {
        const {body} = await admin('GET', '/api/v1/ports/tokens')
        record = body.items.find((one: {token_name: string}) => one.token_name === tokenName)
        return record.use_count >= 5
      },
      'five uses are counted',
      5000,
    )
    expect(record.use_count).to.equal(5)
    expect(Date.parse(record.last_used)).to.be.closeTo(Date.now(), 10_000)
    expect(JSON.stringify(record)).to.not.contain('hash').and.not.contain(token)
  })

  it('with a list of sources relays plain TCP from these alone', async () => {
    const {host} = await guarded({allowed_sources: ['127.0.0.1']}, images.echo)
    // A worker that does not know the address of the container yet closes the connection.
    const answers = async (): Promise<boolean> => {
      const socket = connect(host, '127.0.0.1')
      socket.write('anything\r\n\r\n')
      const first = await once(socket, 'data').then(
        ([chunk]) => String(chunk),
        () => '',
      )
      socket.destroy()
      return first.includes('101')
    }
    await until(answers, 'it answers', 2000)
    const stranger = await guarded({allowed_sources: ['192.0.2.0/24']}, images.echo)
    const refused = connect(stranger.host, '127.0.0.1')
    refused.on('error', () => {})
    refused.write('anything\r\n\r\n')
    let got = ''
    refused.on('data', chunk => {
      got += chunk
    })
    // Not `once` of node:events: being cut off may come as an error, too.
    await new Promise(resolve => refused.once('close', resolve))
    expect(got).to.equal('')
  })

  it('is let go when the port is removed', async () => {
    const {name, host} = await guarded({source_token: true})
    await admin('DELETE', `/api/v1/services/${name}/ports/http`)
    await until(async () => !(await opens(host)), 'nobody listens', 2000)
  })
})
