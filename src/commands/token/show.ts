import {operationCommand} from '../../cli/operation-command.ts'
import {tokenOperations} from '../../core/contract/token.ts'

export default operationCommand({
  operation: tokenOperations.show,
  args: ['name'],
  examples: [['One token, without its secret', 'mcpx token show ci']],
})
