import {operationCommand} from '../../cli/operation-command.ts'
import {instanceOperations} from '../../core/contract/instance.ts'

export default operationCommand({
  operation: instanceOperations.show,
  args: ['name'],
  examples: [['One instance', 'mcpx instance show backend']],
})
