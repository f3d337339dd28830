import {operationCommand} from '../../cli/operation-command.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.enable,
  args: ['hostname'],
  examples: [['Let it answer again', 'mcpx proxy enable app.example.com']],
  done: ({hostname}) => `Proxy ${hostname} is on`,
})
