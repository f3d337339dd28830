// What crosses the gateway: messages whole, as they come, both ways.
import {once} from 'node:events'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {connect, type Socket} from 'node:net'
import {expect} from 'chai'
import {mirror, mirrored, problemOf, received, Stage} from '../../support/stage.ts'
import {until} from '../../support/until.ts'

describe('forwarding', () => {
  let stage: Stage
  before(async () => {
    stage = await Stage.open()
  })
  after(() => stage.close())

  let sites = 0
  const site = async (target_url: string): Promise<string> => {
    const host = `site-${++sites}.test`
    await stage.proxy(host, {target_url})
    return host
  }

  it('passes method, path, query and body as sent', async () => {
    const host = await site(await stage.upstream(mirror))
    const got = mirrored(await stage.send({host, method: 'PUT', path: '/a%2Fb//c?x=%20&x=2', body: 'hello'}))
    expect(got).to.include({method: 'PUT', url: '/a%2Fb//c?x=%20&x=2', body: 'hello'})
    expect(got.headers['content-length']).to.equal('5')
  })

  it('joins the path to that of the target URL and lets nothing climb above it', async () => {
    const host = await site(`${await stage.upstream(mirror)}/base/`)
    expect(mirrored(await stage.send({host, path: '/x?y'})).url).to.equal('/base/x?y')
    expect(mirrored(await stage.send({host, path: '/'})).url).to.equal('/base/')
    expect(mirrored(await stage.send({host, path: '/a/..%2f../secret'})).url).to.equal('/base/secret')
  })

  it('reuses upstream connections', async () => {
    const sockets = new Set<Socket>()
    const host = await site(
      await stage.upstream((request, response) => {
        sockets.add(request.socket)
        response.end('ok')
      }),
    )
    for (let index = 0; index < 10; index++) await stage.send({host})
    expect(sockets.size).to.equal(1)
  })

  it('passes chunked bodies and trailers both ways', async () => {
    const host = await site(
      await stage.upstream((request, response) => {
        void received(request).then(({body, headers}) => {
          response.writeHead(200, {Trailer: 'X-Sum'})
          response.write(`${headers['transfer-encoding']} ${body} `)
          response.addTrailers({'X-Sum': 'abc', 'X-Seen': request.trailers['x-check'] ?? ''})
          response.end('done')
        })
      }),
    )
    const answer = await stage.send({
      host,
      method: 'POST',
      headers: {'Transfer-Encoding': 'chunked', Trailer: 'X-Check', TE: 'trailers'},
      body: 'one',
      trailers: {'X-Check': 'sum'},
    })
    expect(answer.body).to.equal('chunked one done')
    expect(answer.headers['transfer-encoding']).to.equal('chunked')
    expect(answer.trailers).to.deep.equal({'x-sum': 'abc', 'x-seen': 'sum'})
  })

  it('answers HEAD with the fields and no body, and goes on with the connection', async () => {
    const host = await site(
      await stage.upstream((_, response) => {
        response.setHeader('Content-Length', 1234)
        response.end()
      }),
    )
    const head = `HEAD / HTTP/1.1\r\nHost: ${host}\r\n`
    const said = await stage.talk(`${head}\r\n${head}Connection: close\r\n\r\n`)
    expect(said.match(/HTTP\/1\.1 200 OK/g)).to.have.length(2)
    expect(said.match(/Content-Length: 1234/g)).to.have.length(2)
    expect(said).to.match(/\r\n\r\n$/)
  })

  for (const status of [204, 304]) {
    it(`passes ${status} without a body`, async () => {
      const host = await site(
        await stage.upstream((_, response) => {
          response.writeHead(status, {ETag: '"x"'})
          response.end()
        }),
      )
      const answer = await stage.send({host})
      expect(answer.status).to.equal(status)
      expect(answer.headers)
        .to.include({etag: '"x"'})
        .and.not.have.any.keys('transfer-encoding', 'content-length')
    })
  }

  it('passes status text, field case, order and repeated fields as they are', async () => {
    const host = await site(
      await stage.bareUpstream(socket =>
        socket.once('data', () =>
          socket.end(
            'HTTP/1.1 299 All Right\r\nX-lower-UPPER: a\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 2\r\n\r\nok',
          ),
        ),
      ),
    )
    const answer = await stage.send({host})
    expect(answer).to.include({status: 299, reason: 'All Right', body: 'ok'})
    expect(answer.rawHeaders.slice(0, 6)).to.deep.equal([
      'X-lower-UPPER',
      'a',
      'Set-Cookie',
      'a=1',
      'set-cookie',
      'b=2',
    ])
    expect(answer.headers['set-cookie']).to.deep.equal(['a=1', 'b=2'])
  })

  it('passes a body that ends with the connection', async () => {
    const host = await site(
      await stage.bareUpstream(socket =>
        socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end')),
      ),
    )
    expect((await stage.send({host})).body).to.equal('until the end')
  })

  it('passes 103 (Early Hints) before the answer', async () => {
    const host = await site(
      await stage.upstream((_, response) => {
        response.writeEarlyHints({link: '</style.css>; rel=preload'})
        response.end('page')
      }),
    )
    const message = stage.begin({host})
    message.end()
    const response = once(message, 'response')
    const [hints] = (await once(message, 'information')) as [
      {statusCode: number; headers: Record<string, string>},
    ]
    expect(hints.statusCode).to.equal(103)
    expect(hints.headers['link']).to.equal('</style.css>; rel=preload')
    const [answer] = (await response) as [IncomingMessage]
    expect((await received(answer)).body).to.equal('page')
  })

  it('asks the upstream before 100 (Continue)', async () => {
    const asked: string[] = []
    const host = await site(
      await stage.upstream(mirror, server =>
        server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
          asked.push(request.headers.expect ?? '')
          response.writeContinue()
          mirror(request, response)
        }),
      ),
    )
    const message = stage.begin({
      host,
      method: 'POST',
      headers: {Expect: '100-continue', 'Content-Length': '4'},
    })
    message.flushHeaders()
    await once(message, 'continue')
    expect(asked).to.deep.equal(['100-continue'])
    message.end('body')
    const [answer] = (await once(message, 'response')) as [IncomingMessage]
    expect(mirrored(await received(answer)).body).to.equal('body')
  })

  it('passes a refusal instead of 100 (Continue) and closes, for the body never comes', async () => {
    const host = await site(
      await stage.upstream(mirror, server =>
        server.on('checkContinue', (_, response: ServerResponse) => {
          response.writeHead(417)
          response.end('no')
        }),
      ),
    )
    const said = await stage.talk(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`,
    )
    expect(said)
      .to.match(/^HTTP\/1\.1 417 /)
      .and.match(/\r\nConnection: close\r\n/i)
  })

  it('passes an answer that comes before the request body is whole', async () => {
    const host = await site(
      await stage.upstream((_, response) => {
        response.writeHead(413)
        response.end('too large')
      }),
    )
    const message = stage.begin({host, method: 'POST', headers: {'Content-Length': '1000000'}})
    message.on('error', () => {})
    message.write('begin')
    const [answer] = (await once(message, 'response')) as [IncomingMessage]
    expect(await received(answer)).to.include({status: 413, body: 'too large'})
    message.destroy()
  })

  it('serves HTTP/1.0 clients', async () => {
    const host = await site(
      await stage.upstream((_, response) => {
        response.write('no ')
        response.end('chunks')
      }),
    )
    const said = await stage.talk(`GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`)
    expect(said)
      .to.match(/\r\n\r\nno chunks$/)
      .and.not.match(/transfer-encoding/i)
  })

  it('answers pipelined requests in order', async () => {
    const host = await site(
      await stage.upstream((request, response) => {
        if (request.url === '/slow') setTimeout(() => response.end('slow'), 100)
        else response.end('quick')
      }),
    )
    const said = await stage.talk(
      `GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\nGET /quick HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    )
    expect(said).to.match(/slow[^]*quick/)
  })

  it('destroys the upstream request at once when the client leaves', async () => {
    let left = false
    const host = await site(
      await stage.upstream((_, response) => {
        response.write('begin')
        response.on('close', () => {
          left = true
        })
      }),
    )
    const message = stage.begin({host})
    message.on('error', () => {})
    message.end()
    await once(message, 'response')
    message.destroy()
    await until(() => left, 'the upstream hears that the client left')
  })

  it('tells the log 499 when the client left before an answer', async () => {
    let arrived = false
    const host = await site(
      await stage.upstream(() => {
        arrived = true
      }),
    )
    const message = stage.begin({host})
    message.on('error', () => {})
    message.end()
    await until(() => arrived, 'the request arrives')
    message.destroy()
    await until(() => stage.exchanges.some(exchange => exchange.host === host), 'the exchange is logged')
    expect(stage.exchanges.find(exchange => exchange.host === host)?.status).to.equal(499)
  })

  it('cuts the answer off when the upstream does', async () => {
    const host = await site(
      await stage.bareUpstream(socket =>
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
          setImmediate(() => socket.destroy())
        }),
      ),
    )
    const failure = await stage.send({host}).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    )
    expect(failure).to.equal('ECONNRESET')
  })

  const invalid = {
    'that is no HTTP': 'SSH-2.0-OpenSSH\r\n',
    'with Content-Length and Transfer-Encoding':
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'with two Content-Length': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
    'with a bare line feed in a field': 'HTTP/1.1 200 OK\r\nA: b\nContent-Length: 3\r\n\r\nabc',
    'with space before a colon': 'HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc',
    'with a folded field': 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n',
    'that switches protocols unasked': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
  }
  for (const [what, text] of Object.entries(invalid)) {
    it(`answers 502 for an upstream answer ${what}`, async () => {
      const host = await site(
        await stage.bareUpstream(socket => socket.once('data', () => socket.write(text))),
      )
      const answer = await stage.send({host})
      expect(problemOf(answer).code).to.equal('upstream-invalid')
    })
  }

  it('never hands bytes behind an answer to the next request', async () => {
    let connections = 0
    const host = await site(
      await stage.bareUpstream(socket => {
        connections++
        socket.on('data', () =>
          socket.write(
            'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
          ),
        )
      }),
    )
    expect((await stage.send({host})).body).to.equal('a')
    expect((await stage.send({host})).body).to.equal('a')
    expect(connections).to.equal(2)
  })

  it('repeats a GET, never a POST, that met a connection being closed', async () => {
    const seen: string[] = []
    const host = await site(
      await stage.bareUpstream(socket => {
        let requests = 0
        socket.on('data', chunk => {
          seen.push(String(chunk).slice(0, 4).trim())
          // The second request on a connection meets its end.
          if (++requests === 2) socket.destroy()
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        })
      }),
    )
    expect((await stage.send({host})).body).to.equal('ok')
    expect((await stage.send({host})).body).to.equal('ok')
    expect(seen).to.deep.equal(['GET', 'GET', 'GET'])
    seen.length = 0
    expect(problemOf(await stage.send({host, method: 'POST', body: 'x'})).code).to.equal('upstream-aborted')
    expect(seen).to.deep.equal(['POST'])
  })

  it('keeps both bodies going at once', async () => {
    const host = await site(await stage.upstream((request, response) => void request.pipe(response)))
    const message = stage.begin({host, method: 'POST', headers: {'Transfer-Encoding': 'chunked'}})
    message.write('ping')
    const [answer] = (await once(message, 'response')) as [IncomingMessage]
    expect(String((await once(answer, 'data'))[0])).to.equal('ping')
    message.write('pong')
    expect(String((await once(answer, 'data'))[0])).to.equal('pong')
    message.end()
    answer.resume()
    await once(answer, 'end')
  })

  it('keeps the length of a body that `Connection` names, or its end would be lost', async () => {
    const host = await site(await stage.upstream(mirror))
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
    const answer = await stage.send({
      host,
      method: 'POST',
      headers: {Connection: 'close, Content-Length', 'Content-Length': String(smuggled.length)},
      body: smuggled,
    })
    expect(mirrored(answer).body).to.equal(smuggled)
  })

  it('announces no trailers where there is no body', async () => {
    const host = await site(
      await stage.bareUpstream(socket =>
        socket.once('data', () =>
          socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n'),
        ),
      ),
    )
    const answer = await stage.send({host, method: 'HEAD'})
    expect(answer.status).to.equal(200)
    expect(answer.headers).not.to.have.property('trailer')
  })

  it('reads chunks however they are cut', async () => {
    const whole =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n'
    const host = await site(
      await stage.bareUpstream(socket =>
        socket.once('data', () => {
          let at = 0
          const next = (): void => {
            if (at < whole.length) socket.write(whole[at++] as string, () => setImmediate(next))
          }
          socket.setNoDelay(true)
          next()
        }),
      ),
    )
    const answer = await stage.send({host})
    expect(answer.body).to.equal('abc0123456789')
    expect(answer.trailers).to.deep.equal({'x-sum': '1'})
  })

  it('keeps client connections open over many requests', async () => {
    const host = await site(await stage.upstream(mirror))
    const socket = connect(stage.port, '127.0.0.1')
    let said = ''
    socket.on('data', chunk => {
      said += chunk
    })
    for (let index = 1; index <= 3; index++) {
      socket.write(`POST /${index} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\n\r\nab`)
      await until(() => said.includes(`"url":"/${index}"`), 'an answer')
    }
    socket.destroy()
  })

  it('leaves what the upstream sees free of fields of its own connection', async () => {
    const host = await site(await stage.upstream(mirror))
    const {headers} = mirrored(
      await stage.send({
        host,
        headers: {
          Connection: 'close, X-Secret',
          'X-Secret': '1',
          'Keep-Alive': 'timeout=5',
          'Proxy-Authorization': 'Basic x',
          'Proxy-Connection': 'keep-alive',
          'X-Kept': '1',
        },
      }),
    )
    expect(headers).to.include({'x-kept': '1'})
    expect(headers).not.to.have.any.keys(
      'x-secret',
      'connection',
      'keep-alive',
      'proxy-authorization',
      'proxy-connection',
    )
  })
})
