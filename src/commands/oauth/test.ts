import {operationCommand} from '../../cli/operation-command.ts'
import {showProbe} from '../../cli/probe.ts'
import {tellUnknownName} from '../../cli/reachable.ts'
import {oauthOperations} from '../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.test,
  args: ['url'],
  examples: [['Any MCP server, as a client sees it', 'mcpx oauth test https://mcp.example.com/mcp']],
  show: showProbe,
  look: (connection, {url}, output) => tellUnknownName(connection, [url], output),
  failed: ({ok}) => !ok,
})
