import {operationCommand} from '../../../cli/operation-command.ts'
import {portTokenOperations} from '../../../core/contract/port-token.ts'

export default operationCommand({
  operation: portTokenOperations.validate,
  args: ['service', 'port'],
  examples: [['Does it open this?', 'mcpx port token validate shop 8080 --token pat_EXAMPLE']],
  failed: ({valid}) => !valid,
})
