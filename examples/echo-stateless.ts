// An echo MCP server without sessions: every request stands alone, in 2026-07-28 and in the revisions before it.
import {type NodeIncomingMessageLike, toNodeHandler} from '@modelcontextprotocol/node'
import {createMcpHandler, McpServer} from '@modelcontextprotocol/server'
import {serve} from './serve.ts'
import {registerTools} from './tools.ts'

const handle = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({name: 'echo-stateless', version: '1.0.0'})
    registerTools(server)
    return server
  }),
)

// The adapter's type is stricter than Node's about what may be undefined.
serve((request, response) => handle(request as NodeIncomingMessageLike, response))
