// Looks at an MCP server as a client does, step by step, and tells what it finds.
import type {ProbeReport} from '../../core/contract/resource.ts'
import {canonicalUri, metadataUrl} from '../../core/routing/resources.ts'
import {type Looker, look} from './look.ts'

export interface Found {
  versions: string[]
  serverInfo: Record<string, unknown>
  /** Whether it keeps sessions. */
  stateful: boolean
  /** Whether it serves OAuth metadata of its own, or asks for a token. */
  protects: boolean
}

type Step = ProbeReport['steps'][number]

const protocol = '2025-11-25'
const modern = '2026-07-28'

/** The JSON text of an answer; of an event stream, the event that answers. */
const answerIn = (text: string): string => {
  const events = [...text.matchAll(/^data: ?(.*)$/gm)].map(([, data = '']) => data)
  return events.findLast(data => data.includes('"id"')) ?? text
}

interface Call {
  status: number
  challenge: string | undefined
  session: string | undefined
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever a server answers
  body: any
}

/** One JSON-RPC call; the body is undefined when it is not JSON. */
async function call(
  looker: Looker,
  url: string,
  message: object,
  headers: Record<string, string> = {},
): Promise<Call> {
  const seen = await look(
    url,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify({jsonrpc: '2.0', ...message}),
    },
    looker,
  )
  return {
    status: seen.status,
    challenge: seen.headers['www-authenticate'],
    session: [seen.headers['mcp-session-id'] ?? []].flat()[0],
    body: parse(answerIn(seen.text)),
  }
}

const initialize = {
  id: 1,
  method: 'initialize',
  params: {protocolVersion: protocol, capabilities: {}, clientInfo: {name: 'mcpx', version: '1'}},
}
const discover = {
  id: 1,
  method: 'server/discover',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': modern,
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': {name: 'mcpx', version: '1'},
    },
  },
}

/** What an MCP server directly at `url` is; undefined when there is none. */
export async function detect(url: string, looker: Looker): Promise<Found | undefined> {
  const [old, now] = await Promise.all([
    call(looker, url, initialize).catch(() => undefined),
    call(looker, url, discover, {'mcp-protocol-version': modern, 'mcp-method': 'server/discover'}).catch(
      () => undefined,
    ),
  ])
  const challenged = [old, now].some(one => one?.status === 401 && /bearer/i.test(one.challenge ?? ''))
  const legacy = old?.body?.result?.protocolVersion
  const result = now?.body?.result
  const versions = [legacy, ...(result?.supportedVersions ?? [])].filter(one => typeof one === 'string')
  if (versions.length === 0 && !challenged) return undefined
  if (old?.session) await endSession(looker, url, old.session)
  const protects = await servesMetadata(looker, url)
  if (versions.length === 0 && !protects) return undefined
  return {
    versions: [...new Set(versions)].sort(),
    serverInfo: old?.body?.result?.serverInfo ?? result?.serverInfo ?? {},
    stateful: Boolean(old?.session),
    protects: protects || challenged,
  }
}

async function endSession(looker: Looker, url: string, session: string): Promise<void> {
  const headers = {'mcp-session-id': session, 'mcp-protocol-version': protocol}
  await look(url, {method: 'DELETE', headers}, looker).catch(() => {})
}

async function servesMetadata(looker: Looker, url: string): Promise<boolean> {
  for (const at of [metadataUrl(url), metadataUrl(new URL(url).origin)]) {
    const document = await getJson(looker, at).catch(() => undefined)
    if (document?.['authorization_servers'] !== undefined) return true
  }
  return false
}

async function getJson(looker: Looker, url: string): Promise<Record<string, unknown>> {
  const {status, text} = await look(url, {}, looker)
  if (status !== 200) throw new Error(`${url} answers ${status}`)
  const body = parse(text)
  if (typeof body !== 'object' || body === null) throw new Error(`${url} is not a JSON object`)
  return body
}

function parse(text: string): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The whole discovery, and with a token a real call. Later steps are left out once one fails that they need. */
export async function probe(url: string, token: string | undefined, looker: Looker): Promise<ProbeReport> {
  const steps: Step[] = []
  const step = async <T>(
    name: string,
    look: () => Promise<{value?: T; detail: string}>,
  ): Promise<T | undefined> => {
    try {
      const {value, detail} = await look()
      steps.push({step: name, ok: true, detail})
      return value
    } catch (error) {
      const {message, cause} = error as Error
      steps.push({step: name, ok: false, detail: (cause as Error | undefined)?.message ?? message})
      return undefined
    }
  }
  const challenge = await step('challenge', () => lookAtChallenge(looker, url))
  const resource =
    challenge && (await step('resource metadata', () => lookAtResource(looker, url, challenge)))
  const server = resource && (await step('server metadata', () => lookAtServer(looker, resource)))
  if (server) await step('registration', async () => ({detail: describeRegistration(server)}))
  if (token !== undefined) await step('call', () => lookWithToken(looker, url, token))
  return {url, ok: steps.every(({ok}) => ok), steps}
}

async function lookAtChallenge(looker: Looker, url: string): Promise<{value: string; detail: string}> {
  const {status, challenge} = await call(looker, url, initialize)
  if (status !== 401)
    throw new Error(`${url} answers ${status} without a token, not 401: it is not protected`)
  if (challenge === undefined || !/^bearer\b/i.test(challenge))
    throw new Error(
      'the 401 has no WWW-Authenticate with the scheme Bearer, so clients do not know how to log in',
    )
  const value = /resource_metadata="([^"]+)"/i.exec(challenge)?.[1]
  if (value === undefined) throw new Error('WWW-Authenticate has no resource_metadata (RFC 9728 §5.1)')
  return {value, detail: `401, metadata at ${value}`}
}

async function lookAtResource(
  looker: Looker,
  url: string,
  metadata: string,
): Promise<{value: string; detail: string}> {
  const document = await getJson(looker, metadata)
  const resource = String(document['resource'] ?? '')
  if (canonicalUri(resource) !== canonicalUri(url))
    throw new Error(
      `resource is ${resource || 'missing'}, but clients were given ${url}; strict ones refuse that`,
    )
  const [server] = [document['authorization_servers'] ?? []].flat()
  if (typeof server !== 'string') throw new Error('authorization_servers is missing')
  return {value: server, detail: `logins happen at ${server}`}
}

async function lookAtServer(
  looker: Looker,
  issuer: string,
): Promise<{value: Record<string, unknown>; detail: string}> {
  const document = await getJson(
    looker,
    `${issuer.replace(/\/$/, '')}/.well-known/oauth-authorization-server`,
  )
  if (document['issuer'] !== issuer)
    throw new Error(`issuer is ${document['issuer']}, but the resource names ${issuer} (RFC 8414 §3.3)`)
  if (![document['code_challenge_methods_supported'] ?? []].flat().includes('S256'))
    throw new Error('code_challenge_methods_supported lacks S256, so MCP clients refuse it')
  for (const name of ['authorization_endpoint', 'token_endpoint'])
    if (typeof document[name] !== 'string') throw new Error(`${name} is missing`)
  return {value: document, detail: 'complete, with PKCE S256'}
}

function describeRegistration(server: Record<string, unknown>): string {
  const ways = [
    ...(server['client_id_metadata_document_supported'] === true ? ['client metadata documents'] : []),
    ...(typeof server['registration_endpoint'] === 'string' ? ['dynamic registration'] : []),
  ]
  if (ways.length === 0)
    throw new Error('neither dynamic registration nor metadata documents: clients must be registered by hand')
  return ways.join(' and ')
}

async function lookWithToken(looker: Looker, url: string, token: string): Promise<{detail: string}> {
  const authorization = {authorization: `Bearer ${token}`}
  const {status, challenge, session, body} = await call(looker, url, initialize, authorization)
  if (status === 401 || status === 403) throw new Error(`${status}: ${challenge ?? 'no reason was given'}`)
  const version = body?.result?.protocolVersion
  if (version !== undefined) {
    if (session) await endSession(looker, url, session)
    return {detail: `${body.result.serverInfo?.name ?? 'the server'} speaks ${version}`}
  }
  const headers = {...authorization, 'mcp-protocol-version': modern, 'mcp-method': 'server/discover'}
  const found = await call(looker, url, discover, headers)
  if (found.body?.result === undefined) throw new Error(`the server answers ${status}, which is not MCP`)
  return {detail: `the server speaks ${found.body.result.supportedVersions?.join(', ') ?? modern}`}
}
