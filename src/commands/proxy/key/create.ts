import {operationCommand} from '../../../cli/operation-command.ts'
import {keyOperations} from '../../../core/contract/key.ts'

export default operationCommand({
  operation: keyOperations.create,
  args: ['hostname', 'name'],
  examples: [
    ['A key for a nightly job', 'mcpx proxy key create mcp.example.com nightly'],
    ['One that ends', 'mcpx proxy key create mcp.example.com trial --expires-at 2030-01-01T00:00:00Z'],
  ],
  done: ({record}) => `Key ${record.name} created; its secret is shown this once`,
  show: ({key}, output) => output.line(key),
  next: () => 'send it as `Authorization: Bearer KEY` or `x-api-key: KEY`',
})
