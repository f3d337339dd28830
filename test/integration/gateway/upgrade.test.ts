// WebSockets through the gateway: the same way as any request, then two connections joined.
import {createHash} from 'node:crypto'
import type {IncomingMessage} from 'node:http'
import {connect, type Socket} from 'node:net'
import {expect} from 'chai'
import {mirror, problemOf, Stage} from '../../support/stage.ts'
import {until} from '../../support/until.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

describe('WebSocket upgrades', () => {
  let stage: Stage
  let asked: IncomingMessage | undefined
  let joined: Socket | undefined
  before(async () => {
    stage = await Stage.open()
    const target_url = await stage.upstream(mirror, server =>
      server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
        asked = request
        joined = socket
        socket.on('error', () => {})
        if (request.url === '/refused') {
          socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 4\r\n\r\nnope')
          return
        }
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\nhello`,
        )
        if (head.length > 0) socket.write(head)
        socket.on('data', chunk => socket.write(chunk))
        socket.on('end', () => socket.end())
      }),
    )
    await stage.proxy('site.test')
    await stage.instance('ws', target_url)
    await stage.route('ws', {path_pattern: '/ws', strip_path: true, target_value: 'ws'})
    await stage.route('off', {path_pattern: '/refused', target_value: 'ws'})
  })
  after(() => stage.close())

  function ask(path: string, host = 'site.test', fields = ''): {socket: Socket; said: () => string} {
    const socket = connect(stage.port, '127.0.0.1')
    let said = ''
    socket.on('error', () => {})
    socket.on('data', chunk => {
      said += chunk
    })
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${fields}\r\n`,
    )
    return {socket, said: () => said}
  }

  it('joins both sides and passes bytes both ways', async () => {
    const {socket, said} = ask('/ws/chat?x=1', 'site.test', 'X-Mcpx-Peer: forged\r\n')
    await until(() => said().endsWith('hello'), 'the first bytes')
    expect(said())
      .to.match(/^HTTP\/1\.1 101 Switching Protocols\r\n/)
      .and.include(`Sec-WebSocket-Accept: ${accept}`)
    expect(asked?.url).to.equal('/chat?x=1')
    expect(asked?.headers).to.include({
      upgrade: 'websocket',
      'sec-websocket-key': key,
      'x-forwarded-for': '127.0.0.1',
    })
    expect(asked?.headers).not.to.have.property('x-mcpx-peer')
    socket.write('ping')
    await until(() => said().endsWith('ping'), 'the echo')
    socket.end()
    await until(() => stage.exchanges.some(({path}) => path === '/ws/chat'), 'the exchange is logged')
    const record = stage.exchanges.find(({path}) => path === '/ws/chat')
    expect(record).to.include({status: 101, route: 'ws', bytes_in: 4, bytes_out: 9})
  })

  it('passes what came right behind the request', async () => {
    const {socket, said} = ask('/ws', 'site.test')
    socket.write('early')
    await until(() => said().endsWith('early'), 'the echo')
    socket.destroy()
    await until(() => joined?.destroyed ?? false, 'the upstream hears that the client left')
  })

  it('passes a refusal of the upstream', async () => {
    const {socket, said} = ask('/refused')
    await until(() => socket.readableEnded, 'the connection is closed')
    expect(said())
      .to.match(/^HTTP\/1\.1 426 /)
      .and.match(/\r\n\r\nnope$/)
  })

  it('refuses like any request: host, route, origin', async () => {
    const refusals: [path: string, host: string, fields: string, code: string][] = [
      ['/ws', 'unknown.test', '', 'host-unknown'],
      ['/other', 'site.test', '', 'no-route'],
      [
        '/ws',
        'site.test',
        'Origin: https://evil.test\r\nMCP-Protocol-Version: 2025-11-25\r\n',
        'origin-forbidden',
      ],
    ]
    for (const [path, host, fields, code] of refusals) {
      const {socket, said} = ask(path, host, fields)
      await until(() => socket.readableEnded, 'the connection is closed')
      expect(problemOf({body: said().slice(said().indexOf('\r\n\r\n') + 4)}).code).to.equal(code)
    }
  })

  it('does not switch with a body on the way, whose bytes would belong to nobody', async () => {
    const said = await stage.talk(
      'GET /ws/x HTTP/1.1\r\nHost: site.test\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nbody',
    )
    expect(said)
      .to.match(/^HTTP\/1\.1 200 /)
      .and.include('"body":"body"')
  })

  it('serves requests that offer another protocol as what they are', async () => {
    const said = await stage.talk(
      'GET /ws/x HTTP/1.1\r\nHost: site.test\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n',
    )
    expect(said)
      .to.match(/^HTTP\/1\.1 200 /)
      .and.not.match(/h2c|http2-settings/i)
  })
})
