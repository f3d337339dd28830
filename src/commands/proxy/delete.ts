import {operationCommand} from '../../cli/operation-command.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.delete,
  args: ['hostname'],
  examples: [
    ['Stop answering for a hostname', 'mcpx proxy delete app.example.com'],
    ['In a script', 'mcpx proxy delete app.example.com --yes'],
  ],
  confirm: ({hostname}) => `Delete the proxy ${hostname}?`,
  done: (_, {hostname}) => `Proxy ${hostname} deleted`,
})
