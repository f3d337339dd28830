import {operationCommand} from '../../cli/operation-command.ts'
import {oauthOperations} from '../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.status,
  examples: [['Which proxies are protected', 'mcpx oauth status']],
  columns: ['hostname', 'protected', 'mode', 'resources', 'sessions', 'keys'],
})
