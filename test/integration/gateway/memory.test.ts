// What a worker holds while a body larger than its memory should ever be passes, measured in a server of its own.
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {createServer, type IncomingMessage, request, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {expect} from 'chai'
import {pidsOf} from '../../support/processes.ts'
import {startServer, type TestServer} from '../../support/server.ts'

const mebibyte = 1024 * 1024
const size = 1024 * mebibyte
const piece = Buffer.alloc(64 * 1024, 'x')

function* body() {
  for (let sent = 0; sent < size; sent += piece.length) yield piece
}

/** Reads with pauses: without back pressure the rest would pile up in the gateway. Answers how many bytes there were. */
async function readSlowly(message: IncomingMessage): Promise<number> {
  let read = 0
  let pauseAt = 16 * mebibyte
  for await (const chunk of message) {
    read += (chunk as Buffer).length
    if (read < pauseAt) continue
    pauseAt += 16 * mebibyte
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return read
}

describe('a body of 1 GiB', function () {
  this.timeout(120_000)
  let server: TestServer
  let upstream: Server
  let uploaded = 0
  before(async () => {
    server = await startServer({env: {WORKERS: '1'}})
    upstream = createServer((message, response) => {
      if (message.method === 'PUT') {
        void readSlowly(message).then(read => {
          uploaded = read
          response.end()
        })
        return
      }
      response.writeHead(200, {'Content-Length': size})
      void pipeline(Readable.from(body()), response)
    }).listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    const created = await fetch(`${server.url}/api/v1/proxy/targets`, {
      method: 'POST',
      headers: {Authorization: `Bearer ${server.adminToken}`, 'Content-Type': 'application/json'},
      body: JSON.stringify({
        hostname: 'large.test',
        target_url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      }),
    })
    expect(created.status).to.equal(201)
  })
  after(async () => {
    upstream.close()
    upstream.closeAllConnections()
    await server.stop()
  })

  /** Bytes that the only worker has in memory at most, since it started. */
  const peak = (): number => {
    const [worker] = pidsOf(server.process.pid as number, /mcpx worker/)
    const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${worker}/status`, 'utf8')) ?? []
    return Number(kibibytes) * 1024
  }
  const through = (method: string) =>
    request({
      host: '127.0.0.1',
      port: server.port,
      method,
      headers: {Host: 'large.test', ...(method === 'PUT' && {'Content-Length': size})},
    })

  it('passes each way with flat memory, however slowly it is read', async () => {
    const before = peak()
    const upload = through('PUT')
    const answered = once(upload, 'response')
    await pipeline(Readable.from(body()), upload)
    const [done] = (await answered) as [IncomingMessage]
    done.resume()
    const download = through('GET').end()
    const [answer] = (await once(download, 'response')) as [IncomingMessage]
    expect([done.statusCode, uploaded, await readSlowly(answer)]).to.deep.equal([200, size, size])
    // Of the 2 GiB, what waits for the next garbage collection: about 110 MiB, however much more passes.
    expect(peak() - before, 'growth of memory in bytes').to.be.below(192 * mebibyte)
  })
})
