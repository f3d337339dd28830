import {operationCommand} from '../../../cli/operation-command.ts'
import {showRoutes} from '../../../cli/routes.ts'
import {proxyOperations} from '../../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.routeDisable,
  args: ['hostname', 'route_id'],
  examples: [['Keep a route from a proxy', 'mcpx proxy route disable app.example.com mcp']],
  done: (_, {hostname, route_id}) => `Route ${route_id} no longer applies to ${hostname}`,
  show: showRoutes,
})
