// Every failure of a request, in front of whoever sent it: a problem document (RFC 9457) with the request id.
import {STATUS_CODES} from 'node:http'
import type {Duplex} from 'node:stream'
import {pagePolicy} from '../../core/page.ts'
import {Problem} from '../../core/problem.ts'
import {problemPage, wantsPage} from '../../core/problem-page.ts'
import type {Exchange} from './exchange.ts'
import {linger, lingerRaw} from './linger.ts'

/** Answer with the problem; once an answer has begun, cut it off. */
export function refuse(exchange: Exchange, error: unknown): void {
  const {response} = exchange
  const problem = fitFor(exchange, asProblem(error))
  exchange.problem = problem.code
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  exchange.status = problem.status
  exchange.firstByte = performance.now()
  const {method} = exchange.request
  const isPage = !exchange.fields.mcp && wantsPage(method, exchange.fields.accept)
  const body = isPage ? problemPage(problem, exchange.id) : JSON.stringify(problem.document(exchange.id))
  const headers = [
    'Content-Type',
    isPage ? 'text/html; charset=utf-8' : 'application/problem+json',
    'Cache-Control',
    'no-store',
    'X-Request-Id',
    exchange.id,
  ]
  if (isPage) headers.push('Content-Security-Policy', pagePolicy)
  for (const [name, value] of Object.entries(problem.headers)) headers.push(name, value)
  headers.push('Content-Length', String(Buffer.byteLength(body)))
  if (mustClose(exchange)) headers.push('Connection', 'close')
  exchange.bytesOut = exchange.request.method === 'HEAD' ? 0 : Buffer.byteLength(body)
  response.writeHead(problem.status, headers)
  response.end(body)
  linger(exchange)
}

/** What cannot be trusted to be framed well, or waits for 100 (Continue), takes its connection with it. */
function mustClose({upgrade, expectsContinue, problem}: Exchange): boolean {
  return (
    upgrade ||
    expectsContinue ||
    problem === 'bad-request' ||
    problem === 'uri-too-long' ||
    problem === 'headers-too-large'
  )
}

/** For what node:http could not read: an answer of our own on the bare connection, then the end of it. */
export function refuseRaw(socket: Duplex, problem: Problem, id: string): void {
  const body = JSON.stringify(problem.document(id))
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nContent-Type: application/problem+json\r\n` +
      `X-Request-Id: ${id}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  lingerRaw(socket)
}

/** What an upstream is called inside is for local callers; others get the code, and the log has the rest. */
function fitFor({origin, asked}: Exchange, problem: Problem): Problem {
  if (origin.loopback || !problem.code.startsWith('upstream-')) return problem
  return new Problem(problem.code, `The upstream of \`${asked.host}\` failed; the log of mcpx says which`)
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem('internal', 'The request could not be served', {cause: error})
}
