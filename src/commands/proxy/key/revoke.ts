import {operationCommand} from '../../../cli/operation-command.ts'
import {keyOperations} from '../../../core/contract/key.ts'

export default operationCommand({
  operation: keyOperations.revoke,
  args: ['hostname', 'name'],
  examples: [['End a key', 'mcpx proxy key revoke mcp.example.com nightly']],
  confirm: ({name}) => `Revoke the key ${name}?`,
  typed: ({name}) => name,
  done: (_, {name}) => `Key ${name} revoked`,
})
