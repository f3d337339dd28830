import {operationCommand} from '../../cli/operation-command.ts'
import {tokenOperations} from '../../core/contract/token.ts'

export default operationCommand({
  operation: tokenOperations.create,
  args: ['name'],
  examples: [
    ['A token for a build server', 'mcpx token create ci'],
    ['Log in with a new token', 'mcpx token create ci --json | jq -r .token | mcpx login --token-stdin'],
  ],
  done: ({record}) => `Token ${record.name} created; its secret is shown this once`,
  show: ({token}, output) => output.line(token),
  next: () => 'whoever has it logs in with `mcpx login`',
})
