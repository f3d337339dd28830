import {operationCommand} from '../../cli/operation-command.ts'
import {tokenOperations} from '../../core/contract/token.ts'

export default operationCommand({
  operation: tokenOperations.info,
  examples: [['Who am I?', 'mcpx token info']],
})
