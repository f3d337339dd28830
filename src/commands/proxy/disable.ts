import {operationCommand} from '../../cli/operation-command.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.disable,
  args: ['hostname'],
  examples: [['Stop answering for a while', 'mcpx proxy disable app.example.com']],
  done: ({hostname}) => `Proxy ${hostname} is off`,
  next: ({hostname}) => `switch it on again: \`mcpx proxy enable ${hostname}\``,
})
