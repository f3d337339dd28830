import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.tokenShow,
  args: ['jti'],
  examples: [['One access token', 'mcpx oauth token show JTI']],
})
