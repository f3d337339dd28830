import {operationCommand} from '../../cli/operation-command.ts'
import {tokenOperations} from '../../core/contract/token.ts'

export default operationCommand({
  operation: tokenOperations.update,
  args: ['name'],
  examples: [
    ['Give a token another e-mail address', 'mcpx token update ci --cert-email ops@example.com'],
    ['Take the address away', 'mcpx token update ci --unset cert-email'],
  ],
  done: ({name}) => `Token ${name} changed`,
})
