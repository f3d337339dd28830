import {operationCommand} from '../../cli/operation-command.ts'
import {routeOperations} from '../../core/contract/route.ts'

export default operationCommand({
  operation: routeOperations.disable,
  args: ['route_id'],
  examples: [['Leave it out for a while', 'mcpx route disable mcp']],
  done: ({route_id}) => `Route ${route_id} is off`,
  next: ({route_id}) => `switch it on again: \`mcpx route enable ${route_id}\``,
})
