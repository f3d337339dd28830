import {operationCommand} from '../../cli/operation-command.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'

export default operationCommand({
  operation: certificateOperations.export,
  args: ['cert_name'],
  examples: [['Certificate and key in one file', 'mcpx cert export api > api.pem']],
  show: ({fullchain_pem, private_key_pem}, output) =>
    output.line(`${fullchain_pem}${private_key_pem}`.trimEnd()),
})
