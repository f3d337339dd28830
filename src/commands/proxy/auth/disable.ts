import {operationCommand} from '../../../cli/operation-command.ts'
import {protectionOperations} from '../../../core/contract/protection.ts'

export default operationCommand({
  operation: protectionOperations.authDisable,
  args: ['hostname'],
  examples: [['Let everybody in', 'mcpx proxy auth disable app.example.com']],
  confirm: ({hostname}) => `Let everybody use ${hostname}?`,
  done: (_, {hostname}) => `${hostname} is open to everybody`,
})
