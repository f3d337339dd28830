import {operationCommand} from '../../../cli/operation-command.ts'
import {showRoutes} from '../../../cli/routes.ts'
import {proxyOperations} from '../../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.routeEnable,
  args: ['hostname', 'route_id'],
  examples: [['Let a route apply', 'mcpx proxy route enable app.example.com mcp']],
  done: (_, {hostname, route_id}) => `Route ${route_id} applies to ${hostname}`,
  show: showRoutes,
})
