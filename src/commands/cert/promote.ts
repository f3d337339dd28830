import {certificateFields, followCertificate, outcome} from '../../cli/follow-certificate.ts'
import {operationCommand} from '../../cli/operation-command.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'

export default operationCommand({
  operation: certificateOperations.promote,
  args: ['cert_name'],
  examples: [['From the staging CA to the production CA', 'mcpx cert promote api --wait']],
  wait: followCertificate,
  done: outcome,
  show: (result, output) => output.details({...result}, certificateFields),
})
