import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.keyList,
  examples: [['Signing keys', 'mcpx oauth key list']],
  show: ({items}, output) => output.table(items, ['kid', 'alg', 'current', 'created_at', 'published_until']),
})
