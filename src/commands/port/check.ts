import {operationCommand} from '../../cli/operation-command.ts'
import {portOperations} from '../../core/contract/port.ts'

export default operationCommand({
  operation: portOperations.check,
  args: ['port'],
  examples: [['Can a service have it?', 'mcpx port check 8080']],
  failed: ({available}) => !available,
})
