import {operationCommand} from '../../cli/operation-command.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.list,
  examples: [
    ['Every proxy there is', 'mcpx proxy list'],
    ['Their hostnames, for a script', 'mcpx proxy list --output name'],
  ],
  columns: ['hostname', 'target_url', 'enabled', 'route_mode', 'owner'],
})
