// The admin API: every operation of the contract on its path, with authentication, validation and problems.
import {Readable} from 'node:stream'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import {contract} from '../../core/contract/index.ts'
import {fullPath, type Operation, type Shape} from '../../core/operation.ts'
import {pagePolicy} from '../../core/page.ts'
import {Problem} from '../../core/problem.ts'
import {problemPage, wantsPage} from '../../core/problem-page.ts'
import {authenticate, mayGoOn} from './authenticate.ts'
import type {Call, Caller, Parts} from './call.ts'
import {handlersOf} from './handlers.ts'
import {successStatus} from './openapi.ts'
import {addPages} from './pages.ts'
import {bodyValidator, textValidator} from './validate.ts'
import {addWeb} from './web.ts'

/** Milliseconds between looks at whether who follows a stream still may. */
const lookEvery = 2000

const maxBody = 1024 * 1024
/** Of operations that take many records at once. */
const largeBody = 256 * maxBody

/**
 * Build the application of the control process. It trusts the `x-mcpx-*` headers, which the gateway sets:
 * nobody but the gateway reaches its private socket.
 */
export function createApi(parts: Parts, log: FastifyBaseLogger): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({disableRequestLogging: true}),
    bodyLimit: maxBody,
    // A resource is named by its URL.
    routerOptions: {maxParamLength: 4096},
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => void answerProblem(asProblem(error), request, reply),
    genReqId: request => String(request.headers['x-request-id'] ?? ''),
  })
  app.setErrorHandler((error, request, reply) => answerProblem(asProblem(error), request, reply))
  app.setNotFoundHandler((request, reply) => answerProblem(missing(app, request), request, reply))
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>('application/json', {parseAs: 'string'}, (request, body, done) => {
    // A client may announce JSON and send none, as with DELETE.
    if (body === '') done(null, undefined)
    else void parse(request, body, done)
  })

  app.addContentTypeParser('application/x-tar', (_request, payload, done) => done(null, payload))

  const handlers = handlersOf(parts)
  for (const [name, group] of Object.entries(contract))
    addGroup(app, parts, group, handlers[name as keyof typeof handlers])
  addPages(app, parts)
  addWeb(app, parts)
  return app
}

function addGroup(app: FastifyInstance, parts: Parts, group: object, handlers: object): void {
  for (const [name, operation] of Object.entries(group) as [string, Operation][])
    addOperation(app, parts, operation, (handlers as Record<string, AnyHandler>)[name] as AnyHandler)
}

type AnyHandler = (call: Call<Shape>) => Promise<unknown> | AsyncIterable<unknown>

function addOperation(app: FastifyInstance, parts: Parts, operation: Operation, handler: AnyHandler): void {
  const checkBody = operation.body && bodyValidator(operation.body)
  const {required = []} = (operation.body ?? {}) as {required?: string[]}
  const bare = operation.body !== undefined && operation.method === 'POST' && required.length === 0
  const checkQuery = textValidator(operation.query ?? {type: 'object', properties: {}})
  const url = fullPath(operation).replace(/\{(\w+)\}/g, ':$1')
  app.route({
    // PUT on an existing record merges as PATCH does.
    method: operation.method === 'PATCH' ? ['PATCH', 'PUT'] : operation.method,
    url,
    ...(operation.large && {bodyLimit: largeBody}),
    async handler(request, reply) {
      const caller = operation.access === 'open' ? nobody : await authenticate(parts, request)
      if (operation.access === 'admin' && !caller.admin)
        throw new Problem('admin-only', `${operation.summary}: only for the admin token`)
      checkQuery(request.query)
      // A POST whose every field may be left out needs no body at all.
      if (bare) request.body ??= {}
      if (checkBody && request.body === undefined)
        throw new Problem('invalid-request', 'The body is missing', {hint: 'send a JSON object'})
      checkBody?.(request.body)
      if (operation.archive && !(request.body instanceof Readable))
        throw new Problem(
          'unsupported-media-type',
          'The Content-Type of the request is not application/x-tar',
        )
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      if (operation.stream && operation.access !== 'open') {
        const timer = setInterval(
          () => void mayGoOn(parts, request).then(may => may || gone.abort()),
          lookEvery,
        )
        gone.signal.addEventListener('abort', () => clearInterval(timer), {once: true})
      }
      const result = handler({
        params: request.params as never,
        query: request.query as never,
        body: request.body,
        caller,
        revision: revisionOf(request),
        signal: gone.signal,
      })
      if (operation.stream) return sendEvents(reply, (await result) as AsyncIterable<unknown>)
      return sendResult(operation, reply, await (result as Promise<unknown>))
    },
  })
}

const nobody: Caller = {name: '', admin: false, loopback: false}

/** `If-Match` (RFC 9110 §13.1.1); `*` means any. */
function revisionOf(request: FastifyRequest): number | undefined {
  const text = request.headers['if-match']
  if (text === undefined || text.trim() === '*') return undefined
  const number = /^(?:W\/)?"?(\d+)"?$/.exec(text.trim())?.[1]
  if (number === undefined) {
    throw new Problem('invalid-request', 'If-Match is not a revision', {
      hint: 'send the revision of the record in quotes, e.g. `If-Match: "42"`',
    })
  }
  return Number(number)
}

function sendResult(operation: Operation, reply: FastifyReply, result: unknown): FastifyReply {
  const {revision, updated_at} = (result ?? {}) as {revision?: number; updated_at?: string}
  if (revision !== undefined && updated_at !== undefined) reply.header('etag', `"${revision}"`)
  reply.header('cache-control', 'no-store').code(successStatus(operation))
  return operation.result ? reply.send(result) : reply.send()
}

function sendEvents(reply: FastifyReply, events: AsyncIterable<unknown>): FastifyReply {
  async function* lines(): AsyncGenerator<string> {
    // A comment first, so that the headers leave at once.
    yield ': following\n\n'
    for await (const event of events) yield `data: ${JSON.stringify(event)}\n\n`
  }
  reply
    .header('content-type', 'text/event-stream')
    .header('cache-control', 'no-cache')
    .header('x-accel-buffering', 'no')
  return reply.send(Readable.from(lines()))
}

function answerProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (problem.status >= 500)
    request.log.error({err: problem.cause ?? problem, code: problem.code, id: request.id}, problem.message)
  reply.code(problem.status).headers(problem.headers).header('cache-control', 'no-store')
  // What is left of an archive nobody reads: this connection is good for no other request.
  if (request.body instanceof Readable) reply.header('connection', 'close')
  if (!request.url.startsWith('/api/') && wantsPage(request.method, request.headers.accept ?? ''))
    return reply
      .header('content-security-policy', pagePolicy)
      .type('text/html; charset=utf-8')
      .send(problemPage(problem, request.id))
  return reply
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(problem.document(request.id || undefined))))
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const {code, message, statusCode} = error as Error & {code?: string; statusCode?: number}
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('unsupported-media-type', 'The Content-Type of the request is not application/json')
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('too-large', message)
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Problem('invalid-request', 'The path is not that of a record', {
        hint: 'see /docs for what the API has',
      })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem('malformed-json', message)
    default:
      if (statusCode === 400) return new Problem('malformed-json', message)
      return new Problem('internal', 'The call could not be carried out', {cause: error})
  }
}

function missing(app: FastifyInstance, request: FastifyRequest): Problem {
  const path = request.url.split('?')[0] ?? '/'
  const methods = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(
    method => app.findRoute({method, url: path}) || app.hasRoute({method, url: path}),
  )
  if (methods.length === 0 || methods.includes(request.method as 'GET'))
    return new Problem('no-endpoint', `There is nothing at ${request.method} ${path}`)
  return new Problem('method-not-allowed', `${path} does not take ${request.method}`, {
    headers: {allow: methods.join(', ')},
    hint: `it takes ${methods.join(', ')}`,
  })
}
