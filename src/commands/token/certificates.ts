import {operationCommand} from '../../cli/operation-command.ts'
import {tokenOperations} from '../../core/contract/token.ts'

export default operationCommand({
  operation: tokenOperations.certificates,
  args: ['name'],
  examples: [['What would stop if this token were deleted?', 'mcpx token certificates ci']],
})
