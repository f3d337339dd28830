import {operationCommand} from '../../../cli/operation-command.ts'
import {proxyOperations} from '../../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.certAttach,
  args: ['hostname', 'cert_name'],
  examples: [['Serve a proxy with this certificate', 'mcpx proxy cert attach api.example.com wildcard']],
  done: ({hostname, certificate}) => `Proxy ${hostname} is served with the certificate ${certificate}`,
})
