import {operationCommand} from '../../cli/operation-command.ts'
import {portOperations} from '../../core/contract/port.ts'

export default operationCommand({
  operation: portOperations.available,
  examples: [['The ranges, and which port is next', 'mcpx port available']],
})
