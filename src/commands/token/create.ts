import {operationCommand} from '../../cli/operation-command.ts'
import {tokenOperations} from '../../core/contract/token.ts'

export default operationCommand({
  operation: tokenOperations.create,
  args: ['name'],
  examples: [
    ['A token for a build server', 'mcpx token create ci'],
    ['Use it on this machine', 'mcpx token create ci | mcpx login --token-stdin --name ci'],
  ],
  done: ({record}) => `Token ${record.name} created; its secret is shown this once`,
  show: ({token}, output) => output.line(token),
  next: () => 'whoever has it logs in with `mcpx login`',
})
