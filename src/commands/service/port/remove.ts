import {operationCommand} from '../../../cli/operation-command.ts'
import {showPorts} from '../../../cli/services.ts'
import {serviceOperations} from '../../../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.portRemove,
  args: ['service_name', 'port_name'],
  examples: [['No longer on the host', 'mcpx service port remove tools http']],
  confirm: ({service_name, port_name}) => `Remove the port ${port_name} of ${service_name}?`,
  done: ({service_name}, {port_name}) => `Port ${port_name} of ${service_name} removed`,
  show: showPorts,
})
