import {operationCommand} from '../../cli/operation-command.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.update,
  args: ['hostname'],
  examples: [
    ['Send requests elsewhere', 'mcpx proxy update app.example.com --target-url http://127.0.0.1:4000'],
    [
      'Only if nobody changed it since',
      'mcpx proxy update app.example.com --no-enable-http --if-revision 12',
    ],
  ],
  done: ({hostname}) => `Proxy ${hostname} changed`,
})
