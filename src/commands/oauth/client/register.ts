import {operationCommand} from '../../../cli/operation-command.ts'
import {oauthOperations} from '../../../core/contract/oauth.ts'

export default operationCommand({
  operation: oauthOperations.clientRegister,
  args: ['client_name'],
  examples: [
    [
      'A web application',
      'mcpx oauth client register Dashboard --redirect-uris https://dash.example.com/callback',
    ],
    [
      'A program without a secret',
      'mcpx oauth client register Agent --redirect-uris http://127.0.0.1/callback --token-endpoint-auth-method none',
    ],
    [
      'A job without a person (OAUTH_CLIENT_CREDENTIALS=on)',
      'mcpx oauth client register Nightly --grant-types client_credentials',
    ],
  ],
  done: ({client_id}) => `Client ${client_id} registered; its secret is shown this once`,
  show: ({client_secret}, output) => {
    if (client_secret !== undefined) output.line(client_secret)
  },
})
