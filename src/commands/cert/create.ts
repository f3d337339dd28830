import {certificateFields, followCertificate, outcome} from '../../cli/follow-certificate.ts'
import {operationCommand} from '../../cli/operation-command.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'

export default operationCommand({
  operation: certificateOperations.create,
  args: ['cert_name', 'domain'],
  aliases: {domains: 'domain'},
  examples: [
    ['A certificate of the CA that is configured', 'mcpx cert create api api.example.com --wait'],
    ['For several names', 'mcpx cert create site --domains example.com,www.example.com'],
    ['For a name and everything below it', 'mcpx cert create site example.com --wildcard --wait'],
    ['Try it out first', 'mcpx cert create api api.example.com --staging --wait'],
    ['For a name of the local network', 'mcpx cert create nas nas.home.arpa --issuer internal'],
  ],
  wait: followCertificate,
  done: outcome,
  next: ({cert_name, generation}) =>
    generation.state === 'accepted' ? `see how it goes: \`mcpx cert status ${cert_name} --wait\`` : undefined,
  show: (result, output) => output.details({...result}, certificateFields),
})
