import {operationCommand} from '../../cli/operation-command.ts'
import {showHealth} from '../../cli/probe.ts'
import {oauthOperations} from '../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.health,
  examples: [['Whether logins work', 'mcpx oauth health']],
  show: showHealth,
  failed: ({ok}) => !ok,
})
