import {operationCommand} from '../../cli/operation-command.ts'
import {showProbe} from '../../cli/probe.ts'
import {oauthOperations} from '../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.test,
  args: ['url'],
  examples: [['Any MCP server, as a client sees it', 'mcpx oauth test https://mcp.example.com/mcp']],
  show: showProbe,
  failed: ({ok}) => !ok,
})
