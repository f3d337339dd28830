import {operationCommand} from '../../cli/operation-command.ts'
import {oauthOperations} from '../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.metrics,
  examples: [['Figures', 'mcpx oauth metrics']],
})
