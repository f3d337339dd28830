import {commonFlags, McpxCommand} from '../../../cli/command.ts'
import {trustRoot} from '../../../cli/trust-root.ts'
import {certificateOperations} from '../../../core/contract/certificate.ts'

export default class CertCaInstall extends McpxCommand {
  static override summary = 'Let this machine trust the CA of mcpx'
  static override description =
    'Certificates for localhost and private names come from it. Firefox and Java keep lists of their own.'
  static override baseFlags = commonFlags
  static override examples = [
    {
      description: 'Valid HTTPS for local names, in every program of the system',
      command: 'mcpx cert ca install',
    },
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(CertCaInstall)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    const ca = await connection.call(certificateOperations.ca, {})
    const place = trustRoot(ca.certificate_pem)
    if (output.forPrograms) return output.document({...ca, place})
    output.line(place)
    output.done(`This machine trusts the CA of mcpx until ${ca.expires_at}`)
  }
}
