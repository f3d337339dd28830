import {operationCommand} from '../../../cli/operation-command.ts'
import {portTokenOperations} from '../../../core/contract/port-token.ts'

export default operationCommand({
  operation: portTokenOperations.list,
  examples: [['Every port token, and how often it was used', 'mcpx port token list']],
  columns: [
    'token_name',
    'allowed_services',
    'allowed_ports',
    'expires_at',
    'use_count',
    'last_used',
    'owner',
  ],
})
