import {operationCommand} from '../../cli/operation-command.ts'
import {serviceOperations} from '../../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.list,
  examples: [['Every service and how it is', 'mcpx service list']],
  columns: ['service_name', 'status', 'health', 'image', 'address', 'listens_on', 'reason', 'owner'],
})
