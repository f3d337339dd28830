import {operationCommand} from '../../cli/operation-command.ts'
import {serviceOperations} from '../../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.delete,
  args: ['service_name'],
  examples: [
    ['With its container, ports and instance', 'mcpx service delete tools'],
    ['With its proxy too', 'mcpx service delete tools --delete-proxy'],
  ],
  confirm: ({service_name}) => `Delete the service ${service_name} and its container?`,
  typed: ({service_name}) => service_name,
  done: (_, {service_name}) => `Service ${service_name} deleted`,
})
