import {operationCommand} from '../../../cli/operation-command.ts'
import {certificateOperations} from '../../../core/contract/certificate.ts'

export default operationCommand({
  operation: certificateOperations.ca,
  examples: [
    ['The root certificate, for machines that shall trust it', 'mcpx cert ca show > mcpx-ca.pem'],
    ['As a document, with its fingerprint', 'mcpx cert ca show --json'],
  ],
  show: ({certificate_pem}, output) => output.line(certificate_pem.trimEnd()),
  next: () => 'let this machine trust it: `mcpx cert ca install`',
})
