import {operationCommand} from '../../cli/operation-command.ts'
import {resourceOperations} from '../../core/contract/resource.ts'

export default operationCommand({
  operation: resourceOperations.list,
  examples: [['Every protected resource', 'mcpx resource list']],
  columns: ['uri', 'proxy_target', 'name', 'scopes', 'owner'],
})
