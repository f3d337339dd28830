import {operationCommand} from '../cli/operation-command.ts'
import {serviceOperations} from '../core/contract/service.ts'

export default operationCommand({
  operation: serviceOperations.cleanup,
  examples: [['Take away what deleted services left', 'mcpx cleanup']],
  done: ({removed}) => (removed.length === 0 ? 'Nothing was left over' : `Removed ${removed.length}`),
  show: ({removed}, output) => removed.forEach(one => output.line(one)),
})
