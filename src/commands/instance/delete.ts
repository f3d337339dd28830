import {operationCommand} from '../../cli/operation-command.ts'
import {instanceOperations} from '../../core/contract/instance.ts'

export default operationCommand({
  operation: instanceOperations.delete,
  args: ['name'],
  examples: [['One that no route uses', 'mcpx instance delete backend']],
  confirm: ({name}) => `Delete the instance ${name}?`,
  done: (_, {name}) => `Instance ${name} deleted`,
})
