import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.keyRotate,
  examples: [['Sign with a new key', 'mcpx oauth key rotate']],
  done: ({kid}) => `New tokens are signed with ${kid}`,
  next: () => 'the old key holds until its tokens have ended: `mcpx oauth key list`',
})
