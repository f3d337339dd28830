import {certificateFields, followCertificate, outcome} from '../../../cli/follow-certificate.ts'
import {operationCommand} from '../../../cli/operation-command.ts'
import {proxyOperations} from '../../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.certGenerate,
  args: ['hostname'],
  examples: [
    ['A certificate of its own', 'mcpx proxy cert generate api.example.com --wait'],
    ['From the staging CA', 'mcpx proxy cert generate api.example.com --staging --wait'],
  ],
  wait: followCertificate,
  done: outcome,
  show: (result, output) => output.details({...result}, certificateFields),
})
