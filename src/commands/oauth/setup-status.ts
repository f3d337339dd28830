import {operationCommand} from '../../cli/operation-command.ts'
import {showSetup} from '../../cli/probe.ts'
import {oauthOperations} from '../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.setupStatus,
  examples: [['For monitoring: exit code 1 when logins do not work', 'mcpx oauth setup-status --json']],
  show: showSetup,
  failed: ({ok}) => !ok,
})
