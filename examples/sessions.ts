// MCP sessions in memory (Streamable HTTP of 2025-11-25 and before): one server per `Mcp-Session-Id`, resumable streams.
import {randomUUID} from 'node:crypto'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {NodeStreamableHTTPServerTransport} from '@modelcontextprotocol/node'
import type {EventStore, JSONRPCMessage, McpServer} from '@modelcontextprotocol/server'
import {answer} from './serve.ts'

const sessionsKept = 1000
const eventsKept = 1000

export type SessionHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  body?: unknown,
) => Promise<void>

/**
 * A handler that gives each session a server made by `create`. The oldest session ends when there are more than
 * 1,000. `body` is the parsed body where the caller has read it already.
 */
export function sessions(create: () => McpServer, options: {retryInterval?: number} = {}): SessionHandler {
  const open = new Map<string, NodeStreamableHTTPServerTransport>()

  return async (request, response, body) => {
    const id = request.headers['mcp-session-id']
    if (id !== undefined) {
      const transport = open.get(String(id))
      if (transport === undefined) return answer(response, 404, 'Session not found')
      return transport.handleRequest(request, response, body)
    }
    const transport = new NodeStreamableHTTPServerTransport({
      ...options,
      sessionIdGenerator: randomUUID,
      eventStore: new EventLog(),
      onsessioninitialized: started => void open.set(started, transport),
      onsessionclosed: ended => void open.delete(ended),
    })
    const server = create()
    await server.connect(transport)
    await transport.handleRequest(request, response, body)
    if (transport.sessionId === undefined) await server.close()
    await endOldest(open)
  }
}

async function endOldest(open: Map<string, NodeStreamableHTTPServerTransport>): Promise<void> {
  const oldest = open.entries().next().value
  if (oldest === undefined || open.size <= sessionsKept) return
  open.delete(oldest[0])
  await oldest[1].close()
}

/** The last 1,000 messages of one session, to be sent again to a client that names the last one it has seen. */
class EventLog implements EventStore {
  readonly #events = new Map<string, {stream: string; message: JSONRPCMessage}>()
  #last = 0

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    const id = String(++this.#last)
    this.#events.set(id, {stream, message})
    this.#events.delete(String(this.#last - eventsKept))
    return id
  }

  async replayEventsAfter(
    id: string,
    {send}: {send: (id: string, message: JSONRPCMessage) => Promise<void>},
  ): Promise<string> {
    const seen = this.#events.get(id)
    if (seen === undefined) throw new Error(`no event ${id} to resume after`)
    for (const [next, {stream, message}] of this.#events) {
      // The event that opens a stream has no message: it only carries the first id.
      if (Number(next) > Number(id) && stream === seen.stream && 'jsonrpc' in message)
        await send(next, message)
    }
    return seen.stream
  }
}
