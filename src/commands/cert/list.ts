import {operationCommand} from '../../cli/operation-command.ts'
import {certificateOperations, type Generation} from '../../core/contract/certificate.ts'

export default operationCommand({
  operation: certificateOperations.list,
  examples: [
    ['Every certificate there is', 'mcpx cert list'],
    ['With every field', 'mcpx cert list --output wide'],
  ],
  columns: [
    'cert_name',
    'status',
    ['expires', ({expires_at}) => expires_at],
    ['last try', ({generation}) => (generation as Generation).state],
    'issuer',
    'domains',
  ],
})
