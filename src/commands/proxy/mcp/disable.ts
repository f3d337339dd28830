import {operationCommand} from '../../../cli/operation-command.ts'
import {protectionOperations} from '../../../core/contract/protection.ts'

export default operationCommand({
  operation: protectionOperations.mcpDisable,
  args: ['hostname'],
  examples: [['No longer an MCP server', 'mcpx proxy mcp disable mcp.example.com']],
  confirm: ({hostname}) => `No longer publish ${hostname} as an MCP server?`,
  done: (_, {hostname}) => `${hostname} is no longer published as an MCP server`,
})
