import {operationCommand} from '../../../cli/operation-command.ts'
import {showRoutes} from '../../../cli/routes.ts'
import {proxyOperations} from '../../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.routeList,
  args: ['hostname'],
  examples: [['The routes of a proxy, first tried first', 'mcpx proxy route list app.example.com']],
  show: showRoutes,
})
