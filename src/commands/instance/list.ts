import {operationCommand} from '../../cli/operation-command.ts'
import {instanceOperations} from '../../core/contract/instance.ts'

export default operationCommand({
  operation: instanceOperations.list,
  examples: [['Every instance there is', 'mcpx instance list']],
  columns: ['name', 'target_url', 'more_urls', 'description', 'owner'],
})
