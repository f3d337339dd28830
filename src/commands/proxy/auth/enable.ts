import {shellWord} from '../../../cli/hint.ts'
import {operationCommand} from '../../../cli/operation-command.ts'
import {protectionOperations} from '../../../core/contract/protection.ts'

export default operationCommand({
  operation: protectionOperations.authEnable,
  args: ['hostname'],
  aliases: {
    required_users: 'users',
    required_emails: 'emails',
    required_groups: 'groups',
    required_scopes: 'scopes',
    excluded_paths: 'exclude-path',
  },
  examples: [
    ['Programs need an access token', 'mcpx proxy auth enable api.example.com'],
    [
      'Browsers are sent to the login page, and two people may pass',
      'mcpx proxy auth enable app.example.com --mode redirect --users alice,bob',
    ],
    ['A path that stays open', 'mcpx proxy auth enable app.example.com --exclude-path /health'],
  ],
  done: (_, {hostname}) => `${hostname} needs a login`,
  next: (_, {hostname}) => `give machines a key: \`mcpx proxy key create ${shellWord(hostname)} NAME\``,
})
