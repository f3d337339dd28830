import {followCertificate, tellFailure} from '../../cli/follow-certificate.ts'
import {operationCommand} from '../../cli/operation-command.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'

export default operationCommand({
  operation: certificateOperations.status,
  args: ['cert_name'],
  examples: [
    ['How issuing goes', 'mcpx cert status api'],
    ['Follow it to its end', 'mcpx cert status api --wait'],
  ],
  wait: followCertificate,
  show: (record, output) => {
    const {generation, ...rest} = record
    output.details({...rest, ...generation}, [
      'cert_name',
      'status',
      'state',
      'step',
      'detail',
      'expires_at',
      'renewal',
    ])
    tellFailure(record, output)
  },
})
