import {operationCommand} from '../../cli/operation-command.ts'
import {routeColumns} from '../../cli/routes.ts'
import {routeOperations} from '../../core/contract/route.ts'

export default operationCommand({
  operation: routeOperations.list,
  examples: [
    ['Every route there is', 'mcpx route list'],
    ['With every field', 'mcpx route list --output wide'],
  ],
  columns: [...routeColumns, 'enabled'],
})
