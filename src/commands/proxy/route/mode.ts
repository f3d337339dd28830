import {operationCommand} from '../../../cli/operation-command.ts'
import {showRoutes} from '../../../cli/routes.ts'
import {proxyOperations} from '../../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.routeMode,
  args: ['hostname', 'route_mode'],
  examples: [
    ['Only the target of the proxy, no routes', 'mcpx proxy route mode app.example.com none'],
    ['Only these two', 'mcpx proxy route mode app.example.com selective --enabled-routes mcp,api'],
  ],
  done: ({route_mode}, {hostname}) => `Proxy ${hostname} has the route mode ${route_mode}`,
  show: showRoutes,
})
