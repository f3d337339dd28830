import {operationCommand} from '../../cli/operation-command.ts'
import {tokenOperations} from '../../core/contract/token.ts'

export default operationCommand({
  operation: tokenOperations.delete,
  args: ['name'],
  examples: [
    ['A token that owns nothing', 'mcpx token delete ci'],
    ['A token with all its proxies, routes and instances', 'mcpx token delete ci --cascade'],
  ],
  confirm: ({name, cascade}) => `Delete the token ${name}${cascade ? ' and everything it owns' : ''}?`,
  typed: ({name}) => name,
  done: (_, {name}) => `Token ${name} deleted`,
  show: ({removed}, output) => removed.forEach(one => output.line(one)),
})
