// A stage for gateway tests: real upstreams, the real gateway over real records, real clients.
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
} from 'node:http'
import {type AddressInfo, connect, createServer as createTcpServer, type Socket} from 'node:net'
import type {ProxyTarget} from '../../src/core/contract/proxy.ts'
import type {Route} from '../../src/core/contract/route.ts'
import type {ExchangeRecord} from '../../src/core/contract/system.ts'
import {Snapshot} from '../../src/core/routing/snapshot.ts'
import type {Batch} from '../../src/core/telemetry.ts'
import {createGateway, type Gateway, type GatewayOptions} from '../../src/server/gateway/gateway.ts'
import {instanceRecord, proxyRecord, routeRecord} from './examples.ts'
import {openTestStore, type TestStore} from './redis.ts'

export interface Received {
  status: number
  reason: string
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  trailers: NodeJS.Dict<string>
  body: string
}

export interface Sent {
  method?: string
  path?: string
  host?: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
  trailers?: Record<string, string>
}

export class Stage {
  readonly test: TestStore
  readonly snapshot: Snapshot
  readonly gateway: Gateway
  readonly batches: Batch[] = []
  readonly exchanges: ExchangeRecord[] = []
  port = 0
  readonly #closers: (() => Promise<unknown>)[] = []

  private constructor(test: TestStore, options: Partial<GatewayOptions>) {
    this.test = test
    this.snapshot = new Snapshot(test.records)
    this.gateway = createGateway({
      snapshot: this.snapshot,
      places: {baseDomain: undefined},
      config: {TRUSTED_PROXIES: [], PROXY_CONNECT_TIMEOUT: 5, PROXY_REQUEST_TIMEOUT: 20, SSE_KEEPALIVE: 15},
      control: {socketPath: '/nowhere'},
      sessionKey: randomBytes(32),
      worker: 0,
      deliver: batch => void this.batches.push(batch),
      log: exchange => void this.exchanges.push(exchange),
      report: error => console.error(error),
      ...options,
    })
  }

  static async open(options: Partial<GatewayOptions> = {}): Promise<Stage> {
    const stage = new Stage(await openTestStore(), options)
    await stage.snapshot.load(0)
    stage.port = (await stage.gateway.listen({port: 0, host: '127.0.0.1'}, {secure: false})).port
    return stage
  }

  async close(): Promise<void> {
    await this.gateway.close()
    for (const close of this.#closers) await close()
    await this.test.close()
  }

  /** Start an HTTP server; answers its URL. */
  async upstream(listener: RequestListener, prepare?: (server: Server) => void): Promise<string> {
    const server = createServer(listener)
    prepare?.(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#closers.push(async () => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** Start a server that speaks what it likes on a bare connection. */
  async bareUpstream(speak: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>()
    const server = createTcpServer(socket => {
      sockets.add(socket)
      socket.on('error', () => {})
      speak(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.#closers.push(async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  async proxy(hostname: string, fields: Partial<ProxyTarget> = {}): Promise<void> {
    await this.test.records.proxy.create(hostname, proxyRecord(hostname, fields))
    await this.snapshot.load(1)
  }

  async route(route_id: string, fields: Partial<Route>): Promise<void> {
    await this.test.records.route.create(route_id, routeRecord(route_id, fields))
    await this.snapshot.load(1)
  }

  async instance(name: string, target_url: string, ...more_urls: string[]): Promise<void> {
    await this.test.records.instance.create(name, instanceRecord(name, {target_url, more_urls}))
    await this.snapshot.load(1)
  }

  /** Begin a request to the gateway; the caller ends it. */
  begin({method = 'GET', path = '/', host = 'site.test', headers = {}}: Sent = {}) {
    return request({
      host: '127.0.0.1',
      port: this.port,
      method,
      path,
      agent: false,
      headers: {host, ...headers},
    })
  }

  async send(sent: Sent = {}): Promise<Received> {
    const message = this.begin(sent)
    if (sent.trailers) message.addTrailers(sent.trailers)
    message.end(sent.body)
    const [answer] = (await once(message, 'response')) as [IncomingMessage]
    return received(answer)
  }

  /** Send bytes on a connection and collect what comes until the gateway closes it. */
  async talk(text: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1')
    socket.write(text, 'latin1')
    let said = ''
    for await (const chunk of socket) said += (chunk as Buffer).toString('latin1')
    return said
  }
}

export async function received(answer: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return {
    status: answer.statusCode ?? 0,
    reason: answer.statusMessage ?? '',
    headers: answer.headers,
    rawHeaders: answer.rawHeaders,
    trailers: answer.trailers,
    body: Buffer.concat(chunks).toString(),
  }
}

/** An upstream that answers with what it got, as JSON. */
export const mirror: RequestListener = (message, response) => {
  const chunks: Buffer[] = []
  message.on('data', (chunk: Buffer) => chunks.push(chunk))
  message.on('end', () => {
    response.setHeader('Content-Type', 'application/json')
    response.end(
      JSON.stringify({
        method: message.method,
        url: message.url,
        headers: message.headers,
        rawHeaders: message.rawHeaders,
        trailers: message.trailers,
        body: Buffer.concat(chunks).toString(),
      }),
    )
  })
}

export interface Mirrored {
  method: string
  url: string
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  trailers: NodeJS.Dict<string>
  body: string
}

export const mirrored = ({body}: Received): Mirrored => JSON.parse(body) as Mirrored
export const problemOf = ({body}: {body: string}) =>
  JSON.parse(body) as {code: string; status: number; detail: string; request_id: string}
