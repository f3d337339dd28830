// Server-sent events through the gateway: at once, for ever, and never altered but for the old endpoint event.
import {once} from 'node:events'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {gzipSync} from 'node:zlib'
import {expect} from 'chai'
import {Stage} from '../../support/stage.ts'
import {until} from '../../support/until.ts'

const config = {TRUSTED_PROXIES: [], PROXY_CONNECT_TIMEOUT: 5, PROXY_REQUEST_TIMEOUT: 1, SSE_KEEPALIVE: 1}
const text = {'Content-Type': 'text/event-stream'}

describe('event streams', () => {
  let stage: Stage
  let streams: ServerResponse[] = []
  let headers: Record<string, string> = text
  before(async () => {
    stage = await Stage.open({config})
    const target_url = await stage.upstream((_, response) => {
      response.writeHead(200, headers)
      response.flushHeaders()
      streams.push(response)
    })
    await stage.proxy('site.test', {target_url})
    await stage.proxy('rewritten.test', {target_url, preserve_host_header: false})
    await stage.instance('old', `${target_url}/base`)
    await stage.route('old', {path_pattern: '/old', strip_path: true, target_value: 'old'})
  })
  after(() => stage.close())
  beforeEach(() => {
    streams = []
    headers = text
  })

  /** What a client has read of a stream so far. */
  async function open(path = '/', host = 'site.test') {
    const message = stage.begin({host, path, headers: {Accept: 'text/event-stream'}})
    message.on('error', () => {})
    message.end()
    const [answer] = (await once(message, 'response')) as [IncomingMessage]
    const reader = {
      answer,
      text: '',
      ended: false,
      upstream: streams.at(-1) as ServerResponse,
      close: () => message.destroy(),
    }
    answer.on('error', () => {})
    answer.on('data', chunk => {
      reader.text += (chunk as Buffer).toString('latin1')
    })
    answer.on('end', () => {
      reader.ended = true
    })
    return reader
  }

  it('answers the head before any event, unbuffered', async () => {
    const {answer, close} = await open()
    expect(answer.headers).to.include({'x-accel-buffering': 'no', 'cache-control': 'no-cache'})
    expect(answer.headers['content-type']).to.equal('text/event-stream')
    close()
  })

  it('keeps what the upstream says about caching and buffering', async () => {
    headers = {...text, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'yes'}
    const {answer, close} = await open()
    expect(answer.headers).to.include({'x-accel-buffering': 'yes', 'cache-control': 'no-store'})
    close()
  })

  it('passes each event when it comes, in pieces as they are', async () => {
    const reader = await open()
    const sent = ['id: 1\nda', 'ta: a\n\n', 'retry: 5\n', 'data: ü\r\n\r\n']
    for (const [index, part] of sent.entries()) {
      reader.upstream.write(part)
      const all = Buffer.from(sent.slice(0, index + 1).join('')).toString('latin1')
      await until(() => reader.text === all, `${all} arrives`)
    }
    reader.upstream.end()
    await until(() => reader.ended, 'the end')
  })

  it('sends comments while a stream is silent, only between events, and never times out', async () => {
    const reader = await open()
    reader.upstream.write('data: 1\r\n')
    await until(() => stage.batches.length > 0, 'a second')
    const silent = stage.batches.length
    await until(() => stage.batches.length >= silent + 2, 'two more seconds')
    expect(reader.text).to.equal('data: 1\r\n')
    reader.upstream.write('\r\n')
    await until(() => reader.text === 'data: 1\r\n\r\n:\n\n', 'a comment')
    reader.upstream.end('data: 2\n\n')
    await until(() => reader.ended, 'the end')
    expect(reader.text).to.match(/^data: 1\r\n\r\n(?::\n\n)+data: 2\n\n$/)
  }).timeout(15_000)

  it('leaves encoded streams and streams of known length alone', async () => {
    const body = gzipSync('data: 1\n\n')
    headers = {...text, 'Content-Encoding': 'gzip'}
    const encoded = await open()
    headers = {...text, 'Content-Length': '18'}
    const bounded = await open()
    const plain = await ((headers = text), open())
    await until(() => plain.text === ':\n\n', 'a comment in the plain stream')
    encoded.upstream.end(body)
    bounded.upstream.end('data: 1\n\ndata: 2\n\n')
    await until(() => encoded.ended && bounded.ended, 'the end')
    expect(encoded.text).to.equal(body.toString('latin1'))
    expect(bounded.text).to.equal('data: 1\n\ndata: 2\n\n')
    plain.close()
  })

  it('makes the endpoint of the old transport public: path prefix and base path', async () => {
    const reader = await open('/old/sse')
    reader.upstream.write('event: endp')
    reader.upstream.write('oint\ndata: /base/message?sessionId=1\n\nevent: endpoint\ndata: /base/x\n\n')
    await until(() => reader.text.endsWith('/x\n\n'), 'the events')
    expect(reader.text).to.equal(
      'event: endpoint\ndata: /old/message?sessionId=1\n\nevent: endpoint\ndata: /base/x\n\n',
    )
    reader.close()
  })

  it('makes the endpoint of the old transport public: absolute URL', async () => {
    const reader = await open('/sse', 'rewritten.test')
    const own = reader.upstream.req.headers.host
    reader.upstream.write(`event: endpoint\r\ndata: http://${own}/message?sessionId=1\r\n\r\n`)
    await until(() => reader.text.endsWith('\r\n\r\n'), 'the event')
    expect(reader.text).to.equal('event: endpoint\r\ndata: http://rewritten.test/message?sessionId=1\r\n\r\n')
    reader.close()
  })

  it('closes the upstream stream when the client leaves', async () => {
    const reader = await open()
    reader.close()
    await until(() => reader.upstream.destroyed, 'the upstream hears of it')
  })
})
