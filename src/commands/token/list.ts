import {operationCommand} from '../../cli/operation-command.ts'
import {tokenOperations} from '../../core/contract/token.ts'

export default operationCommand({
  operation: tokenOperations.list,
  examples: [['Every token there is', 'mcpx token list']],
  columns: ['name', 'admin', 'cert_email', 'created_at'],
})
