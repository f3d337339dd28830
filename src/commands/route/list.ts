import {operationCommand} from '../../cli/operation-command.ts'
import {routeOperations} from '../../core/contract/route.ts'

export default operationCommand({
  operation: routeOperations.list,
  examples: [
    ['Every route there is', 'mcpx route list'],
    ['With every field', 'mcpx route list --output wide'],
  ],
  columns: ['route_id', 'path_pattern', 'target_type', 'target_value', 'priority', 'hosts', 'enabled'],
})
