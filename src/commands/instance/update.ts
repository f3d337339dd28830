import {operationCommand} from '../../cli/operation-command.ts'
import {instanceOperations} from '../../core/contract/instance.ts'

export default operationCommand({
  operation: instanceOperations.update,
  args: ['name'],
  examples: [['It moved', 'mcpx instance update backend --target-url http://127.0.0.1:5000']],
  done: ({name}) => `Instance ${name} changed`,
})
