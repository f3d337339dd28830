import {operationCommand} from '../../cli/operation-command.ts'
import {routeOperations} from '../../core/contract/route.ts'

export default operationCommand({
  operation: routeOperations.show,
  args: ['route_id'],
  examples: [['One route', 'mcpx route show mcp']],
})
