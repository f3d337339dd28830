// The official SDK clients, v1 and v2 and both eras, behind one face, so that one test can use them all.
import {
  type CallToolRequestOptions,
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import {Client as ClientV1} from '@modelcontextprotocol/sdk/client/index.js'
import {SSEClientTransport as SSEClientTransportV1} from '@modelcontextprotocol/sdk/client/sse.js'
import {StreamableHTTPClientTransport as StreamableHTTPClientTransportV1} from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  CallToolResultSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'

/**
 * `legacy` opens with `initialize`, `modern` speaks 2026-07-28 and nothing else, `auto` asks the server first,
 * `sse` is the HTTP+SSE transport of 2024-11-05.
 */
export type ClientKind = 'v1 legacy' | 'v2 legacy' | 'v2 modern' | 'v2 auto' | 'v1 sse' | 'v2 sse'

export interface CallOptions {
  /** Told of each progress notification. */
  onProgress?: (progress: number) => void
  /** Told of each event id, with which the stream can be resumed. */
  onEvent?: (id: string) => void
  /** Resume the call that had this event id, instead of making a new one. */
  resumeAfter?: string
}

/** What a later client needs to go on in the same session. */
export interface McpSession {
  sessionId: string
  protocolVersion: string
}

export interface McpClient {
  /** Absent where the server gave none. */
  session(): McpSession | undefined
  tools(): Promise<string[]>
  /** The text of the tool's answer. */
  call(tool: string, args?: Record<string, unknown>, options?: CallOptions): Promise<string>
  /** Resolves once the server answers the GET stream, where there is one. */
  streaming: Promise<void>
  /** The next notification that belongs to no call: `log` with its data, or `tools` when they changed. */
  notification(): Promise<['log', unknown] | ['tools']>
  /** 2026-07-28: subscribes to changes of the tools. Answers with the function that ends it. */
  listen(): Promise<() => Promise<void>>
  /** DELETE. */
  endSession(): Promise<void>
  close(): Promise<void>
}

const info = {name: 'mcpx-test', version: '1.0.0'}

/** Connects to `url`, in a new session or in the one given. */
export function connectMcp(kind: ClientKind, url: string, session?: McpSession): Promise<McpClient> {
  return kind.startsWith('v1') ? connectV1(kind, url, session) : connectV2(kind, url, session)
}

async function connectV1(kind: ClientKind, url: string, session?: McpSession): Promise<McpClient> {
  const {opened, fetch} = watchStream()
  const inbox = new Inbox()
  const client = new ClientV1(info)
  const http = new StreamableHTTPClientTransportV1(new URL(url), {fetch, ...session})
  if (session) http.setProtocolVersion(session.protocolVersion)
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({params}) =>
    inbox.put(['log', params.data]),
  )
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => inbox.put(['tools']))
  // The SDK's own transports do not satisfy its interface under exactOptionalPropertyTypes.
  const transport = kind === 'v1 sse' ? new SSEClientTransportV1(new URL(url)) : http
  await client.connect(transport)
  return {
    session: () => sessionOf(http),
    tools: async () => (await client.listTools()).tools.map(tool => tool.name),
    call: async (name, args = {}, options) =>
      textOf(await client.callTool({name, arguments: args}, CallToolResultSchema, optionsOf(options))),
    streaming: opened,
    notification: () => inbox.take(),
    listen: () => Promise.reject(new Error('v1 has no subscriptions/listen')),
    endSession: () => http.terminateSession(),
    close: () => client.close(),
  }
}

async function connectV2(kind: ClientKind, url: string, session?: McpSession): Promise<McpClient> {
  const {opened, fetch} = watchStream()
  const inbox = new Inbox()
  const client = new Client(info, {versionNegotiation: {mode: modes[kind]}})
  const http = new StreamableHTTPClientTransport(new URL(url), {fetch, ...session})
  client.setNotificationHandler('notifications/message', ({params}) => inbox.put(['log', params.data]))
  client.setNotificationHandler('notifications/tools/list_changed', () => inbox.put(['tools']))
  await client.connect(kind === 'v2 sse' ? new SSEClientTransport(new URL(url)) : http)
  return {
    session: () => sessionOf(http),
    tools: async () => (await client.listTools()).tools.map(tool => tool.name),
    call: async (name, args = {}, options) =>
      textOf(await client.callTool({name, arguments: args}, optionsOf(options))),
    streaming: opened,
    notification: () => inbox.take(),
    listen: async () => {
      const subscription = await client.listen({toolsListChanged: true})
      return () => subscription.close()
    },
    endSession: () => http.terminateSession(),
    close: () => client.close(),
  }
}

const modes = {
  'v1 legacy': 'legacy',
  'v1 sse': 'legacy',
  'v2 legacy': 'legacy',
  'v2 sse': 'legacy',
  'v2 auto': 'auto',
  'v2 modern': {pin: '2026-07-28'},
} as const

/** A `fetch` that tells when the server has answered the GET stream. */
function watchStream(): {opened: Promise<void>; fetch: typeof globalThis.fetch} {
  const {promise, resolve} = Promise.withResolvers<void>()
  return {
    opened: promise,
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      if (init?.method === 'GET' && response.ok) resolve()
      return response
    },
  }
}

class Inbox {
  readonly #arrived: (['log', unknown] | ['tools'])[] = []
  #waiting: (() => void) | undefined

  put(notification: ['log', unknown] | ['tools']): void {
    this.#arrived.push(notification)
    this.#waiting?.()
  }

  async take(): Promise<['log', unknown] | ['tools']> {
    for (;;) {
      const next = this.#arrived.shift()
      if (next) return next
      const {promise, resolve} = Promise.withResolvers<void>()
      this.#waiting = resolve
      await promise
    }
  }
}

type Both = StreamableHTTPClientTransport | StreamableHTTPClientTransportV1

function sessionOf({sessionId, protocolVersion}: Both): McpSession | undefined {
  return sessionId && protocolVersion ? {sessionId, protocolVersion} : undefined
}

function optionsOf({onProgress, onEvent, resumeAfter}: CallOptions = {}): CallToolRequestOptions {
  return {
    ...(onProgress && {onprogress: ({progress}: {progress: number}) => onProgress(progress)}),
    ...(onEvent && {onresumptiontoken: onEvent}),
    ...(resumeAfter !== undefined && {resumptionToken: resumeAfter}),
  }
}

/** Either SDK's result; their types differ, and the servers of these tests answer with text. */
function textOf(result: unknown): string {
  const {content} = result as {content: {text?: string}[]}
  return content.map(block => block.text).join('\n')
}
