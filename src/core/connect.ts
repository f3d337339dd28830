// The typed client of the admin API: what the contract describes can be called; failures are Problems.
import type {Static, TSchema} from 'typebox'
import {fullPath, type Operation, type Output, type Shape} from './operation.ts'
import {isProblemCode, Problem, type ProblemCode, type ProblemDocument} from './problem.ts'

export interface Server {
  /** Where mcpx answers, e.g. `https://mcpx.example.com`; a path is kept as prefix. */
  url: string
  token?: string
}

type Part<Name extends string, T> = T extends TSchema
  ? Partial<Static<T>> extends Static<T>
    ? {[K in Name]?: Static<T>}
    : {[K in Name]: Static<T>}
  : {[K in Name]?: undefined}

/** What a call sends: `params`, `query` and `body`, as far as the operation has them. */
export type Sent<S extends Shape> = Part<'params', S['params']> &
  Part<'query', S['query']> &
  Part<'body', S['body']>

export interface CallOptions {
  /** Revision the record must still have, else `revision-mismatch`. */
  ifMatch?: number
  signal?: AbortSignal
  /** What an operation with `archive` takes. */
  archive?: ReadableStream
}

export interface Connection {
  readonly url: string
  /** Throws a Problem: the server's own, or `server-unreachable` and `server-unexpected`. */
  call<S extends Shape>(operation: Operation<S>, sent: Sent<S>, options?: CallOptions): Promise<Output<S>>
  /** The events of an operation with `stream`, until the server ends it or `signal` aborts. */
  stream<S extends Shape>(
    operation: Operation<S>,
    sent: Sent<S>,
    options?: CallOptions,
  ): AsyncGenerator<Output<S>, void>
}

/** A problem as a server sent it; its document is kept as received. */
export class RemoteProblem extends Problem {
  readonly #received: ProblemDocument
  constructor(received: ProblemDocument) {
    const code: ProblemCode = isProblemCode(received.code) ? received.code : 'internal'
    super(code, received.detail, {
      ...(received.hint !== undefined && {hint: received.hint}),
      ...(received.errors && {errors: received.errors}),
    })
    this.#received = received
  }

  override document(): ProblemDocument {
    return this.#received
  }
}

interface LooseParts {
  params?: Record<string, unknown> | undefined
  query?: Record<string, unknown> | undefined
  body?: unknown
}

/** A client for one server; opens no connection yet. Throws a Problem when the URL cannot be one. */
export function connect(server: Server): Connection {
  const base = parseServerUrl(server.url)
  if (server.token !== undefined && base.protocol === 'http:' && !isLoopback(base.hostname)) {
    throw new Problem('token-in-clear', `Not sent: ${server.url} is plain HTTP and not this machine.`, {
      hint: 'use its https:// URL, or run the command on the machine of the server',
    })
  }
  const send = async (operation: Operation, sent: LooseParts, options: CallOptions): Promise<Response> => {
    const response = await request(base, operation, sent, options, server.token)
    if (!response.ok) throw await failure(response, server.url)
    return response
  }
  return {
    url: server.url.replace(/\/+$/, ''),
    async call<S extends Shape>(operation: Operation<S>, sent: Sent<S>, options: CallOptions = {}) {
      const response = await send(operation, sent, options)
      const text = await response.text()
      if (!operation.result || response.status === 204) return undefined as Output<S>
      try {
        return JSON.parse(text) as Output<S>
      } catch (cause) {
        throw unexpected(server.url, `it answered ${response.status} without JSON`, cause)
      }
    },
    async *stream<S extends Shape>(operation: Operation<S>, sent: Sent<S>, options: CallOptions = {}) {
      const response = await send(operation, sent, options)
      if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body)
        throw unexpected(server.url, 'it answered without an event stream')
      try {
        for await (const data of eventData(response.body)) yield JSON.parse(data) as Output<S>
      } catch (error) {
        if (options.signal?.aborted) return
        throw unreachable(server.url, error)
      }
    },
  }
}

async function request(
  base: URL,
  operation: Operation,
  sent: LooseParts,
  options: CallOptions,
  token: string | undefined,
): Promise<Response> {
  const headers = new Headers({accept: operation.stream ? 'text/event-stream' : 'application/json'})
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  if (options.archive) headers.set('content-type', 'application/x-tar')
  else if (sent.body !== undefined) headers.set('content-type', 'application/json')
  if (options.ifMatch !== undefined) headers.set('if-match', `"${options.ifMatch}"`)
  try {
    return await fetch(locate(base, operation, sent), {
      method: operation.method,
      headers,
      redirect: 'manual',
      ...(sent.body !== undefined && {body: JSON.stringify(sent.body)}),
      ...(options.archive && {body: options.archive, duplex: 'half'}),
      ...(options.signal && {signal: options.signal}),
    })
  } catch (error) {
    throw unreachable(base.origin, error)
  }
}

function locate(base: URL, operation: Operation, {params = {}, query = {}}: LooseParts): URL {
  const path = fullPath(operation).replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  )
  const url = new URL(`${base.pathname.replace(/\/+$/, '')}${path}`, base)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

async function failure(response: Response, url: string): Promise<Problem> {
  const text = await response.text()
  if (response.headers.get('content-type')?.startsWith('application/problem+json'))
    return new RemoteProblem(JSON.parse(text) as ProblemDocument)
  const location = response.headers.get('location')
  if (location !== null) return unexpected(url, `it redirects to ${location}`)
  return unexpected(url, `it answered ${response.status} without a problem document`)
}

const unexpected = (url: string, what: string, cause?: unknown): Problem =>
  new Problem('server-unexpected', `No mcpx API at ${url}: ${what}.`, {cause})

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNRESET: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  ETIMEDOUT: 'no connection in time',
}

function unreachable(url: string, error: unknown): Problem {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  // Fetch Standard §2.9: ports of other protocols.
  if (cause instanceof Error && cause.message === 'bad port') {
    return new Problem('server-unreachable', `Not asked: HTTP clients refuse the port of ${url}.`, {
      hint: 'let mcpx listen on another one (HTTP_PORT, e.g. 8080): browsers refuse this one too',
      cause: error,
    })
  }
  const distrusted = distrust(url, code)
  if (distrusted)
    return new Problem('server-unreachable', distrusted.detail, {hint: distrusted.hint, cause: error})
  const reason = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause))
  const other = otherScheme(url, code)
  return new Problem('server-unreachable', `No answer from ${url}: ${reason}.`, {
    ...(other !== undefined && {hint: other}),
    cause: error,
  })
}

/** What is wrong with the certificate of a server, as OpenSSL and Node name it. */
function distrust(url: string, code: string): {detail: string; hint: string} | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return {
      detail: `The certificate of ${url} is for other names (${code}).`,
      hint: 'use the URL with the name of the server (BASE_DOMAIN), or let it get a certificate for this one: `mcpx cert create`',
    }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return {
      detail: `The certificate of ${url} is not valid now (${code}).`,
      hint: 'compare the clock of this machine; on that of the server `mcpx doctor` says what to do about the certificate',
    }
  if (!/CERT|VERIFY|SIGNATURE/.test(code)) return undefined
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT')
    return {
      detail: `The certificate of ${url} is signed by itself (${code}).`,
      hint: 'mcpx shows such a one for names it has no certificate for: on the machine of the server `mcpx cert list` says which it has. If it is meant, `NODE_EXTRA_CA_CERTS=FILE` before the command names it',
    }
  return {
    detail: `The certificate of ${url} is not trusted (${code}).`,
    hint: 'if its CA is that of mcpx: on the machine of the server `mcpx cert ca show > mcpx-ca.pem`, then here `NODE_EXTRA_CA_CERTS=mcpx-ca.pem` before the command; of a CA of your own, name its certificate there',
  }
}

/** HTTP spoken to a port of HTTPS is cut off; HTTPS spoken to one of HTTP is answered by something else than TLS. */
function otherScheme(url: string, code: string): string | undefined {
  if (code === 'UND_ERR_SOCKET' && url.startsWith('http:'))
    return `if HTTPS is spoken there, say so: ${url.replace('http:', 'https:')}`
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code))
    return `plain HTTP is spoken there, it seems: ${url.replace('https:', 'http:')}`
  return undefined
}

/** Read by hand: not every browser iterates over streams. */
async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel()
  }
}

/** The `data` of each event of a stream (HTML Standard §9.2.6); comments and other fields are passed over. */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let rest = ''
  let data: string[] = []
  for await (const piece of pieces(body)) {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
      if (line !== '' || data.length === 0) continue
      yield data.join('\n')
      data = []
    }
  }
}

export const isLoopback = (hostname: string): boolean =>
  /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)

/** Throws a `usage` Problem when the text is no URL of a server. */
export function parseServerUrl(text: string): URL {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new Problem('usage', `\`${text}\` is not the URL of a server.`, {
      hint: 'give one such as https://mcpx.example.com or http://localhost:8080',
    })
  }
  return url
}
