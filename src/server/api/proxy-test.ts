// Tries a proxy as a client would: real requests to the public port of this replica, through the gateway.
import type {IncomingHttpHeaders, IncomingMessage} from 'node:http'
import {request as httpRequest} from 'node:http'
import {request as httpsRequest} from 'node:https'
import type {TLSSocket} from 'node:tls'
import type {ProxyTarget} from '../../core/contract/proxy.ts'
import type {ProbeReport} from '../../core/contract/resource.ts'
import type {Parts} from './call.ts'

type Step = ProbeReport['steps'][number]

/** Milliseconds for one request. */
const patience = 15_000
/** Characters of an answer that are looked at. */
const looked = 200_000

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  ms: number
  /** Who signed the certificate, over HTTPS. */
  signer: string | undefined
}

interface Way {
  secure: boolean
  address: string
  port: number
  host: string
}

/** Steps end with the first that fails. */
export async function testProxy(parts: Parts, proxy: ProxyTarget): Promise<ProbeReport> {
  const {hostname, mcp} = proxy
  const steps: Step[] = []
  const way = wayTo(parts, proxy)
  const standard = way.port === (way.secure ? 443 : 80)
  const origin = `${way.secure ? 'https' : 'http'}://${hostname}${standard ? '' : `:${way.port}`}`
  const endpoint = mcp?.endpoint ?? '/mcp'
  const report = (): ProbeReport => ({url: origin, ok: steps.every(({ok}) => ok), steps})
  try {
    const answer = await send(way, {method: 'GET', path: '/'})
    if (way.secure) steps.push({step: 'certificate', ok: true, detail: `signed by ${answer.signer}`})
    steps.push(requestStep(answer))
    if (steps.every(({ok}) => ok)) steps.push(await mcpStep(way, endpoint, mcp?.enabled === true))
  } catch (error) {
    steps.push({step: 'request', ok: false, detail: (error as Error).message})
  }
  return report()
}

/** Over HTTPS where the proxy has it: that is what people use. */
function wayTo({config, ports}: Parts, {hostname, enable_https}: ProxyTarget): Way {
  const [http = 80, https] = ports()
  const bound = config.BIND_ADDRESS
  const anywhere = bound === undefined || bound === '0.0.0.0' || bound === '::'
  const secure = enable_https && https !== undefined
  return {
    secure,
    address: anywhere ? '127.0.0.1' : bound,
    port: secure ? https : http,
    host: hostname,
  }
}

function send(
  {secure, address, port, host}: Way,
  {method, path, body, headers}: {method: string; path: string; body?: object; headers?: object},
): Promise<Answer> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const sent = (secure ? httpsRequest : httpRequest)({
      host: address,
      port,
      method,
      path,
      agent: false,
      headers: {host: `${host}:${port}`, 'user-agent': 'mcpx-test', ...headers},
      // The name decides about the certificate; whether this machine trusts its CA says nothing about others.
      ...(secure && {servername: host.replace(/^\[|\]$/g, ''), rejectUnauthorized: false}),
      signal: AbortSignal.timeout(patience),
    })
    sent.once('error', reject)
    sent.once('response', response => {
      const {issuer} = secure ? (response.socket as TLSSocket).getPeerCertificate() : {}
      const signer = issuer && String(issuer.CN ?? issuer.O ?? 'itself')
      const ms = Math.round(performance.now() - began)
      const {statusCode = 0, headers} = response
      beginning(response, method).then(
        part => resolve({status: statusCode, headers, body: part, ms, signer}),
        reject,
      )
    })
    sent.end(body && JSON.stringify(body))
  })
}

/** What is looked at of an answer. A stream of events may have no end: it is read up to its answer, and not at all for a GET. */
async function beginning(response: IncomingMessage, method: string): Promise<string> {
  const streamed = response.headers['content-type']?.startsWith('text/event-stream') ?? false
  let body = ''
  if (streamed && method === 'GET') response.destroy()
  else
    for await (const chunk of response.setEncoding('utf8')) {
      body += chunk
      if (body.length >= looked || (streamed && rpcResult(body))) break
    }
  return body
}

function requestStep({status, headers, body, ms}: Answer): Step {
  const problem = headers['content-type']?.startsWith('application/problem+json') ? parse(body) : undefined
  if (status === 401) return {step: 'request', ok: true, detail: `401 in ${ms} ms: it asks for a login`}
  const hint = ': the upstream refuses; one that checks the Host header wants preserve_host_header off'
  if (status === 403) return {step: 'request', ok: true, detail: `403 in ${ms} ms${hint}`}
  if (problem) return {step: 'request', ok: false, detail: `${status} in ${ms} ms: ${problem.detail}`}
  return {step: 'request', ok: status < 500, detail: `${status} in ${ms} ms`}
}

const protocol = '2025-11-25'
const clientInfo = {name: 'mcpx', version: '1'}
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {protocolVersion: protocol, capabilities: {}, clientInfo},
}

/** The beginning of an MCP session, and its tools. What is not published as MCP need not speak it. */
async function mcpStep(way: Way, path: string, published: boolean): Promise<Step> {
  const step = `MCP at ${path}`
  const first = await post(way, path, initialize)
  if (first.status === 401) return {step, ok: true, detail: '401: clients are asked to log in'}
  const server = rpcResult(first.body)
  if (!server)
    return {step, ok: !published && first.status < 500, detail: `no MCP server: it answered ${first.status}`}
  const session = first.headers['mcp-session-id']
  const headers = {'mcp-protocol-version': protocol, ...(session && {'mcp-session-id': session})}
  await post(way, path, {jsonrpc: '2.0', method: 'notifications/initialized'}, headers)
  const listed = await post(way, path, {jsonrpc: '2.0', id: 2, method: 'tools/list'}, headers)
  if (session) await send(way, {method: 'DELETE', path, headers})
  const name = `${server['serverInfo']?.name ?? 'a server'} speaks ${server['protocolVersion']}`
  const tools = rpcResult(listed.body)?.['tools']
  return {
    step,
    ok: true,
    detail: Array.isArray(tools)
      ? `${name}, with ${tools.length} ${tools.length === 1 ? 'tool' : 'tools'} in ${first.ms} ms`
      : name,
  }
}

const post = (way: Way, path: string, body: object, headers: object = {}): Promise<Answer> =>
  send(way, {
    method: 'POST',
    path,
    body,
    headers: {'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers},
  })

/** The result of a JSON-RPC answer, from JSON or the last event of a stream. */
function rpcResult(body: string): ReturnType<typeof JSON.parse> {
  const events = [...body.matchAll(/^data: ?(.*)$/gm)].map(([, data = '']) => data)
  return parse(events.findLast(data => data.includes('"id"')) ?? body)?.result
}

function parse(json: string): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
