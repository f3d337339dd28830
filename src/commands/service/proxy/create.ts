import {operationCommand} from '../../../cli/operation-command.ts'
import {serviceOperations} from '../../../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.proxyCreate,
  args: ['service_name', 'hostname'],
  examples: [['A hostname for a service', 'mcpx service proxy create tools tools.example.com']],
  done: ({proxy}, {service_name}) => `${proxy.hostname} sends requests to the service ${service_name}`,
  show: ({route}, output) => output.line(`route ${route.route_id}`),
})
