import {operationCommand} from '../../cli/operation-command.ts'
import {resourceOperations} from '../../core/contract/resource.ts'

export default operationCommand({
  operation: resourceOperations.delete,
  args: ['uri'],
  examples: [['Delete a resource', 'mcpx resource delete https://api.example.com/mcp']],
  confirm: ({uri}) => `Delete the resource ${uri}?`,
  done: (_, {uri}) => `${uri} deleted`,
})
