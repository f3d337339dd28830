// Sends a request to its upstream and relays the answer, both as they come: nothing is kept but what is under way.
import type {IncomingMessage} from 'node:http'
import type {Socket} from 'node:net'
import {Problem} from '../../core/problem.ts'
import type {Affinity} from './affinity.ts'
import type {AnswerHead} from './answer.ts'
import type {Balancer} from './balance.ts'
import type {Connection, Sink} from './connection.ts'
import {EventStream} from './events.ts'
import type {Exchange} from './exchange.ts'
import {answerHeaders, publicUrl, requestHead, trailerFields, type Way} from './headers.ts'
import {linger} from './linger.ts'
import type {Choice, Destination} from './resolve.ts'
import {tunnel} from './upgrade.ts'

/** What forwarding needs to know; durations in ms. */
export interface Transport {
  balancer: Balancer
  affinity: Affinity
  via: string
  connectTimeout: number
  answerTimeout: number
  keepAlive: number
  /** Answers take their connections with them. */
  draining: boolean
  /** Streams that last; each is called when mcpx drains. */
  lasting: Set<() => void>
  upstreamFailed: (exchange: Exchange, problem: Problem) => void
}

/** Head and body together up to this many bytes are written at once. */
const oneWriteMost = 65_536

/**
 * Resolves when the answer has been handed on, cut off, or the client has left.
 * Throws upstream-unreachable, upstream-timeout, upstream-aborted, upstream-invalid, request-timeout before an answer.
 * Another upstream is tried only if none could be reached so far; the same once more only if a request that changes
 * nothing met a connection that was being closed (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
 */
export async function forward(
  exchange: Exchange,
  destination: Destination,
  session: Choice | undefined,
  transport: Transport,
): Promise<void> {
  const tried: Choice[] = []
  let unreachable: unknown
  for (let repeated = false; ; ) {
    if (exchange.left) return
    const choice =
      session && tried.length === 0
        ? session
        : session
          ? undefined
          : transport.balancer.pick(destination.choices, tried)
    if (!choice) throw unreachable
    const {upstream} = choice
    exchange.upstream = upstream.href
    upstream.active++
    try {
      const idle = repeated || exchange.upgrade ? undefined : upstream.take()
      const connection = idle ?? (await upstream.connect(transport.connectTimeout))
      const way = {destination, choice, affinity: transport.affinity, via: transport.via}
      const outcome = await new Relay(exchange, connection, way, transport).run()
      if (outcome === 'done') return
      repeated = true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      transport.upstreamFailed(exchange, error)
      if (error.code !== 'upstream-unreachable') throw error
      upstream.failed(true)
      unreachable = exchange.match.builtin
        ? new Problem('not-ready', 'The control process does not answer yet', {cause: error})
        : error
      tried.push(choice)
    } finally {
      upstream.active--
    }
  }
}

class Relay implements Sink {
  readonly #exchange: Exchange
  readonly #connection: Connection
  readonly #way: Way
  readonly #transport: Transport
  readonly #outcome = Promise.withResolvers<'done' | 'repeat'>()
  #events: EventStream | undefined
  #headed = false
  #written = false
  #waiting = false

  constructor(exchange: Exchange, connection: Connection, way: Way, transport: Transport) {
    this.#exchange = exchange
    this.#connection = connection
    this.#way = way
    this.#transport = transport
  }

  run(): Promise<'done' | 'repeat'> {
    const exchange = this.#exchange
    const connection = this.#connection
    if (exchange.left) {
      connection.destroy()
      return Promise.resolve('done')
    }
    exchange.onLeave = this.#left
    connection.begin(this, exchange.asked.method, exchange.upgrade, this.#transport.answerTimeout)
    const head = requestHead(exchange, this.#way)
    const {request} = exchange
    if (!exchange.hasBody || exchange.upgrade) {
      connection.write(head)
      connection.sent()
    } else if (request.complete && exchange.fields.transferEncoding === '') this.#sendWhole(head, request)
    else this.#sendBody(head, request)
    return this.#outcome.promise
  }

  /** The body is here already: one write. */
  #sendWhole(head: string, request: IncomingMessage): void {
    const body = (request.read() as Buffer | null) ?? Buffer.alloc(0)
    const exchange = this.#exchange
    exchange.bytesIn = body.length
    exchange.mcp?.take(body)
    const connection = this.#connection
    if (head.length + body.length > oneWriteMost) {
      connection.write(head)
      connection.write(body)
    } else {
      const message = Buffer.allocUnsafe(head.length + body.length)
      message.write(head, 0, 'latin1')
      body.copy(message, head.length)
      connection.write(message)
    }
    connection.sent()
  }

  #sendBody(head: string, request: IncomingMessage): void {
    const exchange = this.#exchange
    const connection = this.#connection
    const chunked = exchange.fields.transferEncoding !== ''
    connection.socket.cork()
    connection.write(head)
    request.on('data', (chunk: Buffer) => {
      exchange.bytesIn += chunk.length
      exchange.mcp?.take(chunk)
      if (chunked) connection.write(`${chunk.length.toString(16)}\r\n`)
      const more = connection.write(chunk)
      if (chunked) connection.write('\r\n')
      if (!more) request.pause()
    })
    request.once('end', () => {
      if (chunked) connection.write(`0\r\n${trailerLines(request)}\r\n`)
      connection.sent()
    })
    // What waits for 100 (Continue) is let go at once; else what is here already goes along with the head.
    if (exchange.expectsContinue) connection.socket.uncork()
    else setImmediate(() => connection.socket.uncork())
  }

  informed(head: AnswerHead): void {
    const {response, request, expectsContinue} = this.#exchange
    if (request.httpVersionMinor === 0 || response.headersSent) return
    if (head.status === 100) {
      if (expectsContinue) response.writeContinue()
      return
    }
    const {headers} = answerHeaders(this.#exchange, head, this.#way, false)
    // Node 22 and 24 have it not: 1xx is advice, and may be left out.
    if ('writeInformation' in response) response.writeInformation(head.status, headers)
  }

  headed(head: AnswerHead): void {
    const exchange = this.#exchange
    const {response, request} = exchange
    this.#way.choice.upstream.succeeded()
    this.#headed = true
    exchange.firstByte = performance.now()
    exchange.status = head.status
    const early = !request.complete && exchange.expectsContinue
    const {headers, events} = answerHeaders(
      exchange,
      head,
      this.#way,
      this.#transport.draining || early || exchange.upgrade,
    )
    if (events) {
      // The stream may last; the body that asked for it need not.
      if (request.complete) exchange.mcp?.read()
      this.#events = new EventStream(response, this.#transport.keepAlive, this.#endpoint)
      if (lasts(exchange)) this.#transport.lasting.add(this.#leave)
    }
    response.writeHead(head.status, head.reason, headers)
    if (this.#transport.draining && this.#transport.lasting.has(this.#leave)) this.#leave()
  }

  received(chunk: Buffer): boolean {
    const part = this.#events ? this.#events.pass(chunk) : chunk
    if (!part) return true
    this.#written = true
    this.#exchange.bytesOut += part.length
    const {response} = this.#exchange
    const more = response.write(part)
    if (this.#events?.over) {
      this.#finish()
      return true
    }
    if (more) return true
    if (!this.#waiting) response.once('drain', this.#resume)
    this.#waiting = true
    return false
  }

  settled(): void {
    if (!this.#headed || this.#written) return
    this.#written = true
    this.#exchange.response.flushHeaders()
  }

  ended(last: Buffer | undefined, trailers: string[] | undefined): void {
    const {response} = this.#exchange
    this.#written = true
    if (this.#events) {
      const rest = this.#events.end()
      if (rest) response.write(rest)
    }
    if (trailers) response.addTrailers(trailerFields(trailers))
    if (last?.length) {
      this.#exchange.bytesOut += last.length
      response.end(last)
    } else response.end()
    linger(this.#exchange)
    this.#done()
  }

  switched(head: AnswerHead, socket: Socket, rest: Buffer): void {
    this.#way.choice.upstream.succeeded()
    tunnel(this.#exchange, head, socket, rest, this.#way, () => this.#done())
  }

  drained(): void {
    this.#exchange.request.resume()
  }

  failed(problem: Problem, unused: boolean): void {
    const exchange = this.#exchange
    const {method} = exchange.asked
    if (
      unused &&
      this.#connection.served > 0 &&
      !exchange.hasBody &&
      (method === 'GET' || method === 'HEAD')
    ) {
      this.#outcome.resolve('repeat')
      return
    }
    if (problem.code !== 'request-timeout') this.#way.choice.upstream.failed(false)
    if (!this.#headed) {
      this.#outcome.reject(problem)
      return
    }
    this.#events?.end()
    this.#transport.upstreamFailed(exchange, problem)
    exchange.problem = problem.code
    exchange.response.destroy()
    this.#done()
  }

  /** The client left: nothing more is wanted of the upstream (MCP 2026-07-28 takes it as cancellation). */
  readonly #left = (): void => {
    this.#events?.end()
    if (this.#exchange.left) this.#connection.destroy()
    this.#done()
  }

  /** The stream ends between two events: its client asks again, elsewhere. */
  readonly #leave = (): void => {
    this.#events?.leave()
    if (this.#events?.over) this.#finish()
  }

  #finish(): void {
    const {response} = this.#exchange
    this.#connection.destroy()
    this.#events?.end()
    response.end()
    this.#done()
  }

  /** Where the client of the old transport is to send its messages. */
  readonly #endpoint = (url: string): string => {
    const known = publicUrl(url, this.#exchange, this.#way)
    const {affinity, choice} = this.#way
    return this.#exchange.tagged ? affinity.tagEndpoint(known, choice, this.#exchange.grant) : known
  }

  readonly #resume = (): void => {
    this.#waiting = false
    this.#connection.resume()
  }

  #done(): void {
    this.#transport.lasting.delete(this.#leave)
    this.#outcome.resolve('done')
  }
}

/** Whether an event stream is for what may come, not for the answer to a request (MCP: GET, `subscriptions/listen`). */
function lasts({asked, request, mcp}: Exchange): boolean {
  return asked.method === 'GET' || (request.complete && mcp?.read().method === 'subscriptions/listen')
}

function trailerLines(request: IncomingMessage): string {
  return trailerFields(request.rawTrailers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}
