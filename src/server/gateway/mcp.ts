// Which MCP call a request body makes: kept aside while it passes, read afterwards, never held up or altered.
import type {IncomingMessage} from 'node:http'
import type {Fields} from './fields.ts'

/** Bodies up to this many bytes are looked at. */
const limit = 65_536

export interface McpCall {
  /** JSON-RPC method. */
  method?: string
  /** Tool, prompt or resource that is named. */
  name?: string
}

export class McpTap {
  #parts: Buffer[] = []
  #size = 0
  #call: McpCall | undefined

  /** Undefined for what cannot be an MCP call. */
  static of(request: IncomingMessage, {contentType}: Fields): McpTap | undefined {
    return request.method === 'POST' && /^application\/json\b/i.test(contentType) ? new McpTap() : undefined
  }

  take(chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size <= limit) this.#parts.push(chunk)
    else this.#parts = []
  }

  /** Empty when the body is no JSON-RPC, or too large. */
  read(): McpCall {
    this.#call ??= this.#size > limit || this.#size === 0 ? {} : readCall(this.#parts)
    this.#parts = []
    return this.#call
  }
}

function readCall(parts: Buffer[]): McpCall {
  try {
    const parsed: unknown = JSON.parse(
      (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)).toString(),
    )
    return callOf(Array.isArray(parsed) ? parsed[0] : parsed)
  } catch {
    return {}
  }
}

function callOf(message: unknown): McpCall {
  if (!isObject(message) || typeof message['method'] !== 'string') return {}
  const params = isObject(message['params']) ? message['params'] : {}
  const name = params['name'] ?? params['uri']
  return {method: bounded(message['method']), ...(typeof name === 'string' && {name: bounded(name)})}
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const bounded = (text: string): string => text.slice(0, 256)
