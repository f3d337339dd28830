import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.clientShow,
  args: ['client_id'],
  examples: [['One client', 'mcpx oauth client show ID']],
})
