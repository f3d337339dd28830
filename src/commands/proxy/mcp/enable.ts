import {operationCommand} from '../../../cli/operation-command.ts'
import {protectionOperations} from '../../../core/contract/protection.ts'

export default operationCommand({
  operation: protectionOperations.mcpEnable,
  args: ['hostname', 'endpoint'],
  examples: [
    ['Behind a login, at /mcp', 'mcpx proxy mcp enable mcp.example.com'],
    [
      'At another path, with scopes of its own',
      'mcpx proxy mcp enable api.example.com /tools --scopes tools:use',
    ],
    ['For everybody', 'mcpx proxy mcp enable docs.example.com --public'],
  ],
  done: mcp => `${mcp.resource} is an MCP server${mcp.public ? ' for everybody' : ' behind a login'}`,
  next: () => 'see it as a client does: `mcpx resource validate URL`',
})
