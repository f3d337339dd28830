import {operationCommand} from '../../cli/operation-command.ts'
import {routeOperations} from '../../core/contract/route.ts'

export default operationCommand({
  operation: routeOperations.update,
  args: ['route_id'],
  examples: [
    ['Another target', 'mcpx route update mcp --target-type port --target-value 4000'],
    ['Every host of its owner again', 'mcpx route update mcp --unset hosts'],
  ],
  done: ({route_id}) => `Route ${route_id} changed`,
})
