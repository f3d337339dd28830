// Requests and answers of the authorization server, around what oidc-provider does itself.
import type {IncomingHttpHeaders, IncomingMessage, ServerResponse} from 'node:http'
import {Readable} from 'node:stream'

export type Headers = Record<string, string | string[]>

export class Refusal extends Error {
  readonly status: number
  /** Error code of RFC 6749 and its kin. */
  readonly code: string
  readonly headers: Headers

  constructor(status: number, code: string, description: string, headers: Headers = {}) {
    super(description)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

const bodyLimit = 64 * 1024

/** Throws a Refusal (413). */
export async function readBody(request: IncomingMessage, limit = bodyLimit): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new Refusal(413, 'invalid_request', `the body has more than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The same request with another target and body, as the library reads it. */
export function rewritten(
  request: IncomingMessage,
  {url, body, headers}: {url?: string; body?: string; headers?: IncomingHttpHeaders},
): IncomingMessage {
  const copy = Readable.from(body === undefined ? [] : [Buffer.from(body)])
  const {method, socket, httpVersion, httpVersionMajor, httpVersionMinor} = request
  const {'transfer-encoding': _, ...rest} = request.headers
  return Object.assign(copy, {
    method,
    socket,
    httpVersion,
    httpVersionMajor,
    httpVersionMinor,
    url: url ?? request.url,
    headers: {
      ...rest,
      ...(body !== undefined && {'content-length': String(Buffer.byteLength(body))}),
      ...headers,
    },
  }) as unknown as IncomingMessage
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Headers = {},
): void {
  send(response, status, JSON.stringify(body), {'content-type': 'application/json', ...headers})
}

export function send(response: ServerResponse, status: number, body: string, headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.writeHead(status, {'content-length': Buffer.byteLength(body)})
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

export function redirect(response: ServerResponse, location: string, headers: Headers = {}): void {
  send(response, 303, '', {location, 'cache-control': 'no-store', ...headers})
}

export const cookieOf = (request: IncomingMessage, name: string): string | undefined =>
  request.headers.cookie
    ?.split(';')
    .map(one => one.trim())
    .find(one => one.startsWith(`${name}=`))
    ?.slice(name.length + 1)

export const wantsHtml = (request: IncomingMessage): boolean =>
  (request.headers.accept ?? '').includes('text/html')
