import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.proxySessions,
  args: ['hostname'],
  examples: [['Who opened a proxy', 'mcpx oauth proxy sessions mcp.example.com']],
  columns: ['id', 'user', 'client_name', 'scopes', 'access_tokens', 'expires_at'],
})
