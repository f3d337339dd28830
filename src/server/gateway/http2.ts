// HTTP/2 in front of the same request path: requests and answers that look like those of node:http.
import {
  constants,
  createServer,
  type Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type {ReadableOptions} from 'node:stream'
import type {Exchange} from './exchange.ts'

/** Fields that belong to a connection and have no place in HTTP/2 (RFC 9113 §8.2.2). */
const connectionFields = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

type Fields = Record<string, string | string[]>

/** Names and values in turn, grouped by name as node:http2 wants them. */
function grouped(flat: readonly string[]): Fields {
  const fields: Fields = {}
  for (let index = 0; index < flat.length; index += 2) {
    const name = (flat[index] as string).toLowerCase()
    const value = flat[index + 1] as string
    if (connectionFields.has(name)) continue
    const known = fields[name]
    if (known === undefined) fields[name] = value
    else if (Array.isArray(known)) known.push(value)
    else fields[name] = [known, value]
  }
  return fields
}

/** As an HTTP/1.1 request would have them: Host first, one Cookie, and a framing that says whether there is a body. */
function translate(stream: ServerHttp2Stream, given: readonly string[]): string[] {
  const fields: string[] = []
  const cookies: string[] = []
  let authority = ''
  let host = ''
  let sized = false
  for (let index = 0; index < given.length; index += 2) {
    const name = given[index] as string
    const value = given[index + 1] as string
    if (name === ':authority') authority = value
    else if (name === 'host') host = value
    else if (name === 'cookie') cookies.push(value)
    else if (!name.startsWith(':') && !connectionFields.has(name)) fields.push(name, value)
    if (name === 'content-length') sized = true
  }
  // RFC 9113 §8.2.3: crumbs of a cookie are joined before they leave HTTP/2.
  if (cookies.length > 0) fields.push('cookie', cookies.join('; '))
  const {endAfterHeaders} = stream as ServerHttp2Stream & {endAfterHeaders: boolean}
  if (!endAfterHeaders && !sized) fields.push('transfer-encoding', 'chunked')
  // RFC 9113 §8.3.1: :authority counts; a Host that says otherwise makes two.
  const named = authority || host
  const second = host !== '' && host.toLowerCase() !== named.toLowerCase() ? ['host', host] : []
  return [...(named === '' ? [] : ['host', named]), ...second, ...fields]
}

export class Http2Request extends Http2ServerRequest {
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    options: ReadableOptions,
    raw: string[],
  ) {
    super(stream, headers, options, translate(stream, raw))
  }
}

export class Http2Answer extends Http2ServerResponse {
  exchange: Exchange | undefined
  /** `headers` are names and values in turn; HTTP/2 has no reason phrase. */
  override writeHead(status: number, reason?: unknown, headers?: unknown): this {
    const given = (headers ?? reason ?? []) as string[]
    return super.writeHead(status, Array.isArray(given) ? grouped(given) : given)
  }

  override addTrailers(trailers: unknown): void {
    super.addTrailers(Object.fromEntries(trailers as [string, string][]))
  }

  writeInformation(status: number, headers: string[]): void {
    this.stream.additionalHeaders({...grouped(headers), ':status': status})
  }

  /** An answer that is not whole is reset, so that nobody takes it for whole. */
  override destroy(): this {
    if (!this.stream.destroyed) this.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    return this
  }
}

export interface Http2Events {
  request(request: Http2Request, answer: Http2Answer): void
  /** A new connection, before its first request. */
  session(session: ServerHttp2Session): void
}

/**
 * Speaks HTTP/2 on connections given to it (`emit('connection', socket)`). Extended CONNECT (RFC 8441) is not offered:
 * clients then open their WebSockets over HTTP/1.1, as ALPN lets them.
 */
export function createHttp2(events: Http2Events): Http2Server {
  const server = createServer({
    Http2ServerRequest: Http2Request,
    Http2ServerResponse: Http2Answer,
    settings: {maxConcurrentStreams: 250, initialWindowSize: 1024 * 1024, maxHeaderListSize: 128 * 1024},
    maxSessionMemory: 64,
  } as object)
  const take = (request: unknown, answer: unknown): void =>
    events.request(request as Http2Request, answer as Http2Answer)
  server.on('request', take)
  server.on('checkContinue', take)
  server.on('connect', (_request: unknown, answer: Http2ServerResponse) => {
    answer.stream.respond({':status': 501}, {endStream: true})
  })
  server.on('session', events.session)
  server.on('sessionError', () => {})
  return server
}
