import {operationCommand} from '../../cli/operation-command.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'

export default operationCommand({
  operation: certificateOperations.delete,
  args: ['cert_name'],
  examples: [
    ['One that no proxy uses', 'mcpx cert delete api'],
    ['In a script', 'mcpx cert delete api --yes'],
  ],
  confirm: ({cert_name}) => `Delete the certificate ${cert_name}?`,
  typed: ({cert_name}) => cert_name,
  done: (_, {cert_name}) => `Certificate ${cert_name} deleted`,
})
