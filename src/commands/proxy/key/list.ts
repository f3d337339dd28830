import {operationCommand} from '../../../cli/operation-command.ts'
import {keyOperations} from '../../../core/contract/key.ts'

export default operationCommand({
  operation: keyOperations.list,
  args: ['hostname'],
  examples: [['The keys of a proxy', 'mcpx proxy key list mcp.example.com']],
  columns: ['name', 'expires_at', 'description', 'created_at'],
})
