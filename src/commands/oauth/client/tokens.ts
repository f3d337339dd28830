import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.clientTokens,
  args: ['client_id'],
  examples: [['The access tokens of a client', 'mcpx oauth client tokens ID']],
  columns: ['jti', 'user', 'resource', 'scope', 'active', 'expires_at'],
})
