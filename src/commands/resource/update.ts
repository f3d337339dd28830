import {operationCommand} from '../../cli/operation-command.ts'
import {resourceOperations} from '../../core/contract/resource.ts'

export default operationCommand({
  operation: resourceOperations.update,
  args: ['uri'],
  examples: [['Its name for people', 'mcpx resource update https://api.example.com/mcp --name Tools']],
  done: ({uri}) => `${uri} changed`,
})
