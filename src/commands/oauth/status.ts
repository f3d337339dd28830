import {operationCommand} from '../../cli/operation-command.ts'
import {oauthOperations} from '../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.status,
  args: ['hostname'],
  examples: [
    ['Which proxies are protected', 'mcpx oauth status'],
    ['One of them', 'mcpx oauth status mcp.example.com'],
  ],
  columns: ['hostname', 'protected', 'mode', 'resources', 'sessions', 'keys'],
})
