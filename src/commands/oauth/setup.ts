import {operationCommand} from '../../cli/operation-command.ts'
import {showSetup} from '../../cli/probe.ts'
import {oauthOperations} from '../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.setup,
  examples: [['What is missing before people can log in', 'mcpx oauth setup']],
  show: showSetup,
  failed: ({ok}) => !ok,
})
