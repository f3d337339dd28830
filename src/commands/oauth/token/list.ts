import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.tokenList,
  examples: [['Access tokens', 'mcpx oauth token list']],
  columns: ['jti', 'user', 'client_name', 'resource', 'scope', 'active', 'expires_at'],
})
