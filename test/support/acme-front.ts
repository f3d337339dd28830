// A CA in front of a CA: passes everything on to Pebble, and adds what Pebble lacks: rate limits, profiles and renewal information.
import {once} from 'node:events'
import {writeFileSync} from 'node:fs'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {createServer, request, type Server} from 'node:https'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import {makeCa, makeKey, signLeaf} from '../../src/server/certificates/x509-maker.ts'
import type {Pebble} from './pebble.ts'

export interface Front {
  directory: string
  /** File with the roots of both. */
  bundle: string
  /** While set, new orders are answered with it. */
  refusal: {status: number; headers: Record<string, string>; document: object} | undefined
  /** What renewal information says, for every certificate. */
  window: {start: Date; end: Date}
  /** Certificates that renewal information was asked for. */
  asked: string[]
  /** `replaces` of the new orders. */
  replaced: string[]
  /** `profile` of the new orders. */
  profiles: string[]
  stop(): Promise<void>
}

export async function startFront(pebble: Pebble): Promise<Front> {
  const ca = await makeCa('test CA of the front')
  const key = makeKey()
  const cert = await signLeaf(ca, ['127.0.0.1'], key, 30)
  const bundle = join(pebble.home, 'front.pem')
  writeFileSync(bundle, ca.certificate_pem + pebble.bundle)
  const far = new Date(Date.now() + 86_400_000)
  const front: Front = {
    directory: '',
    bundle,
    refusal: undefined,
    window: {start: far, end: new Date(far.getTime() + 3_600_000)},
    asked: [],
    replaced: [],
    profiles: [],
    async stop() {
      server.closeAllConnections()
      server.close()
    },
  }
  const server: Server = createServer(
    {key, cert},
    (asked, answer) => void serve(front, pebble, asked, answer),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  front.directory = `https://127.0.0.1:${(server.address() as AddressInfo).port}/dir`
  return front
}

async function serve(
  front: Front,
  pebble: Pebble,
  asked: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const body = await buffer(asked)
  const path = asked.url ?? '/'
  if (path.startsWith('/renewal/')) {
    front.asked.push(path.slice('/renewal/'.length))
    answer.setHeader('content-type', 'application/json').setHeader('retry-after', '60')
    answer.end(JSON.stringify({suggestedWindow: front.window, explanationURL: 'https://ca.example/why'}))
    return
  }
  const isOrder = /order-plz/.test(path)
  if (isOrder && body.length > 0) {
    const {payload} = JSON.parse(body.toString()) as {payload: string}
    const order = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, string>
    if (order['replaces'] !== undefined) front.replaced.push(order['replaces'])
    if (order['profile'] !== undefined) front.profiles.push(order['profile'])
    if (front.refusal) {
      const {status, headers, document} = front.refusal
      answer.writeHead(status, {
        'content-type': 'application/problem+json',
        'replay-nonce': 'none',
        ...headers,
      })
      answer.end(JSON.stringify(document))
      return
    }
  }
  const {hostname, port} = new URL(pebble.directory)
  const sent = request({
    hostname,
    port,
    path,
    method: asked.method,
    headers: asked.headers,
    ca: pebble.bundle,
  })
  const pass = async (response: IncomingMessage): Promise<void> => {
    let text = await buffer(response)
    if (path === '/dir') {
      const directory = JSON.parse(text.toString()) as {meta?: object}
      const renewalInfo = front.directory.replace('/dir', '/renewal')
      const meta = {...directory.meta, profiles: {shortlived: 'https://ca.example/shortlived'}}
      text = Buffer.from(JSON.stringify({...directory, renewalInfo, meta}))
    }
    const {'content-length': _, 'transfer-encoding': __, ...headers} = response.headers
    answer.writeHead(response.statusCode ?? 502, {...headers, 'content-length': text.length})
    answer.end(asked.method === 'HEAD' ? undefined : text)
  }
  sent.once('response', response => void pass(response))
  sent.once('error', () => answer.destroy())
  sent.end(body)
}
