import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.sessionShow,
  args: ['id'],
  examples: [['One session', 'mcpx oauth session show ID']],
})
