import {operationCommand} from '../../cli/operation-command.ts'
import {showProbe} from '../../cli/probe.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.test,
  args: ['hostname'],
  examples: [
    ['Real requests through the gateway, as a client sends them', 'mcpx proxy test app.example.com'],
  ],
  show: showProbe,
  failed: ({ok}) => !ok,
})
