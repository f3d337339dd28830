import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.sessionList,
  examples: [
    ['Who is logged in', 'mcpx oauth session list'],
    ['One person', 'mcpx oauth session list --user alice'],
  ],
  columns: ['id', 'user', 'client_name', 'resources', 'access_tokens', 'expires_at'],
})
