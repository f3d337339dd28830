import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.clientList,
  examples: [['Clients people used', 'mcpx oauth client list --active-only']],
  columns: ['client_id', 'client_name', 'kind', 'active', 'last_used_at', 'expires_at'],
})
