import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.clientDelete,
  args: ['client_id'],
  examples: [['Delete a client and end its sessions', 'mcpx oauth client delete ID']],
  confirm: ({client_id}) => `Delete the client ${client_id} and end its sessions?`,
  typed: ({client_id}) => client_id,
  done: (_, {client_id}) => `Client ${client_id} deleted`,
})
