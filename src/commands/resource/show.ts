import {operationCommand} from '../../cli/operation-command.ts'
import {resourceOperations} from '../../core/contract/resource.ts'

export default operationCommand({
  operation: resourceOperations.show,
  args: ['uri'],
  examples: [['One resource', 'mcpx resource show https://api.example.com/mcp']],
})
