import {operationCommand} from '../../../cli/operation-command.ts'
import {portTokenOperations} from '../../../core/contract/port-token.ts'

export default operationCommand({
  operation: portTokenOperations.create,
  args: ['token_name', 'allowed_services', 'allowed_ports', 'expires_in'],
  examples: [
    ['Two services, two ports, for 30 days', 'mcpx port token create partner shop,tools 8080,8081 30d'],
    ['Every port of one service, for 30 days', 'mcpx port token create guest shop'],
  ],
  done: ({record}) => `Port token ${record.token_name} created; its secret is shown this once`,
  show: ({token}, output) => output.line(token),
  next: ({record}) => `it works until ${record.expires_at}: send it as \`Authorization: Bearer\``,
})
