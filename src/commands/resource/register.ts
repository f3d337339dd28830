import {shellWord} from '../../cli/hint.ts'
import {operationCommand} from '../../cli/operation-command.ts'
import {resourceOperations} from '../../core/contract/resource.ts'

export default operationCommand({
  operation: resourceOperations.register,
  args: ['uri', 'proxy_target'],
  examples: [
    [
      'A second MCP server on a host',
      'mcpx resource register https://api.example.com/other/mcp api.example.com',
    ],
  ],
  done: ({uri}) => `${uri} registered`,
  next: ({uri}) => `see it as a client does: \`mcpx resource validate ${shellWord(uri)}\``,
})
