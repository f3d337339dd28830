import {operationCommand} from '../../cli/operation-command.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'

export default operationCommand({
  operation: certificateOperations.coverage,
  examples: [['Which certificate each proxy is served with', 'mcpx cert coverage']],
  columns: ['hostname', 'status', 'cert_name', ['expires', ({expires_at}) => expires_at]],
  next: ({items}) => {
    const bare = items.find(({status}) => status === 'none')
    return bare && `get one: \`mcpx proxy cert generate ${bare.hostname} --email YOU@EXAMPLE.COM --wait\``
  },
})
