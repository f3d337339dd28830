import {operationCommand} from '../../../cli/operation-command.ts'
import {showPorts} from '../../../cli/services.ts'
import {serviceOperations} from '../../../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.portUpdate,
  args: ['service_name', 'port_name'],
  examples: [['Another address', 'mcpx service port update tools http --bind 127.0.0.2']],
  done: ({service_name}, {port_name}) => `Port ${port_name} of ${service_name} changed`,
  show: showPorts,
})
