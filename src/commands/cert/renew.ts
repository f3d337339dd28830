import {certificateFields, followCertificate, outcome} from '../../cli/follow-certificate.ts'
import {operationCommand} from '../../cli/operation-command.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'

export default operationCommand({
  operation: certificateOperations.renew,
  args: ['cert_name'],
  examples: [
    ['Try again after a failure', 'mcpx cert renew api --wait'],
    ['Although it is not due', 'mcpx cert renew api --force --wait'],
  ],
  wait: followCertificate,
  done: outcome,
  show: (result, output) => output.details({...result}, certificateFields),
})
