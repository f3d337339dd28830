import {operationCommand} from '../../cli/operation-command.ts'
import {portOperations} from '../../core/contract/port.ts'

export default operationCommand({
  operation: portOperations.list,
  examples: [['Every port of every service', 'mcpx port list']],
  columns: ['service', 'name', 'bind', 'host', 'container', 'protocol', 'source_token', 'owner'],
})
