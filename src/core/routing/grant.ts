// What a guard grants to a request: who calls, and what the upstream is told of it.

export interface Grant {
  /** Whom an MCP session is bound to; empty for nobody in particular. */
  principal: string
  user?: string
  client?: string
  /** Identity header fields for the upstream; client copies are removed. */
  headers: Record<string, string>
  /** Fields that begin like this (lower case) never come from the client. */
  reserved: string
  /** Fields (lower case) whose secret was for us. */
  drops: readonly string[]
  /** Whether the client's Authorization is its own business with the upstream. */
  keepsAuthorization: boolean
  /** Name of the cookie that is ours and goes no further. */
  cookie: string
  /** Whether browsers of other origins may read the answer (CORS). */
  shared: boolean
}
