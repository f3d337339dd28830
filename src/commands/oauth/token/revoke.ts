import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.tokenRevoke,
  args: ['jti'],
  examples: [['End one access token', 'mcpx oauth token revoke JTI']],
  confirm: ({jti}) => `Revoke the access token ${jti}?`,
  done: (_, {jti}) => `Access token ${jti} revoked`,
})
