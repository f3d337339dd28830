import {operationCommand} from '../../cli/operation-command.ts'
import {routeOperations} from '../../core/contract/route.ts'

export default operationCommand({
  operation: routeOperations.enable,
  args: ['route_id'],
  examples: [['Use it again', 'mcpx route enable mcp']],
  done: ({route_id}) => `Route ${route_id} is on`,
})
