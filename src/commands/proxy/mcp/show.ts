import {operationCommand} from '../../../cli/operation-command.ts'
import {protectionOperations} from '../../../core/contract/protection.ts'

export default operationCommand({
  operation: protectionOperations.mcpShow,
  args: ['hostname'],
  examples: [['The MCP server of a proxy', 'mcpx proxy mcp show mcp.example.com']],
})
