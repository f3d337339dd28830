// An echo MCP server with sessions: a counter of its own for each, a GET stream, streams that can be resumed, DELETE.
import {McpServer} from '@modelcontextprotocol/server'
import {z} from 'zod'
import {serve} from './serve.ts'
import {sessions} from './sessions.ts'
import {registerTools, says} from './tools.ts'

function createServer(): McpServer {
  const server = new McpServer({name: 'echo-stateful', version: '1.0.0'}, {capabilities: {logging: {}}})
  let count = 0
  registerTools(server)
  server.registerTool(
    'counter',
    {
      description: 'Adds to the counter of this session and logs the new value on its GET stream',
      inputSchema: z.object({by: z.int().default(1).describe('What to add')}),
    },
    async ({by}) => {
      count += by
      await server.sendLoggingMessage({level: 'info', logger: 'counter', data: count})
      return says(String(count))
    },
  )
  return server
}

serve(sessions(createServer))
