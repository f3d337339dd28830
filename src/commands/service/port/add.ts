import {operationCommand} from '../../../cli/operation-command.ts'
import {showPorts} from '../../../cli/services.ts'
import {serviceOperations} from '../../../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.portAdd,
  args: ['service_name', 'name'],
  examples: [
    ['A free port on 127.0.0.1', 'mcpx service port add tools http'],
    ['One that opens with a port token', 'mcpx service port add tools http --host 8443 --source-token'],
    [
      'UDP on every address, for admins',
      'mcpx service port add dns udp --host 5353 --container 53 --protocol udp --bind 0.0.0.0',
    ],
  ],
  done: ({service_name}, {name}) => `Port ${name} of ${service_name} added`,
  show: showPorts,
})
