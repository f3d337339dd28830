import {operationCommand} from '../../../cli/operation-command.ts'
import {protectionOperations} from '../../../core/contract/protection.ts'

export default operationCommand({
  operation: protectionOperations.authShow,
  args: ['hostname'],
  examples: [['Who may use a proxy', 'mcpx proxy auth show app.example.com']],
})
