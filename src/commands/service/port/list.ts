import {operationCommand} from '../../../cli/operation-command.ts'
import {serviceOperations} from '../../../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.portList,
  args: ['service_name'],
  examples: [['The ports of one service', 'mcpx service port list tools']],
  columns: ['name', 'bind', 'host', 'container', 'protocol', 'source_token', 'allowed_sources'],
})
