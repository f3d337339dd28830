import {operationCommand} from '../../cli/operation-command.ts'
import {serviceOperations} from '../../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.show,
  args: ['service_name'],
  examples: [['One service, with why it failed if it did', 'mcpx service show tools']],
})
