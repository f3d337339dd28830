import {operationCommand} from '../../cli/operation-command.ts'
import {routeOperations} from '../../core/contract/route.ts'

export default operationCommand({
  operation: routeOperations.delete,
  args: ['route_id'],
  examples: [
    ['Remove a route', 'mcpx route delete mcp'],
    ['In a script', 'mcpx route delete mcp --yes'],
  ],
  confirm: ({route_id}) => `Delete the route ${route_id}?`,
  done: (_, {route_id}) => `Route ${route_id} deleted`,
})
