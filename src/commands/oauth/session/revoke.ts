import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.sessionRevoke,
  args: ['id'],
  examples: [['End a session and its tokens', 'mcpx oauth session revoke ID']],
  confirm: ({id}) => `Revoke the session ${id} and every token of it?`,
  done: (_, {id}) => `Session ${id} revoked`,
})
