import {operationCommand} from '../../cli/operation-command.ts'
import {tokenOperations} from '../../core/contract/token.ts'

export default operationCommand({
  operation: tokenOperations.email,
  args: ['cert_email'],
  examples: [['Certificates made with my token carry this address', 'mcpx token email ops@example.com']],
  done: ({name, cert_email}) => `Token ${name} now has the e-mail ${cert_email}`,
})
