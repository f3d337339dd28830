import {operationCommand} from '../../../cli/operation-command.ts'
import {portTokenOperations} from '../../../core/contract/port-token.ts'

export default operationCommand({
  operation: portTokenOperations.revoke,
  args: ['token_name'],
  examples: [['Shut it off', 'mcpx port token revoke partner']],
  confirm: ({token_name}) => `Revoke the port token ${token_name}?`,
  typed: ({token_name}) => token_name,
  done: (_, {token_name}) => `Port token ${token_name} revoked`,
})
