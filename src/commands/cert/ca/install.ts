import {commonFlags, McpxCommand} from '../../../cli/command.ts'
import {distrustLines, trustInBrowsers} from '../../../cli/trust-browsers.ts'
import {trustRoot} from '../../../cli/trust-root.ts'
import {certificateOperations} from '../../../core/contract/certificate.ts'

export default class CertCaInstall extends McpxCommand {
  static override summary = 'Let this machine trust the CA of mcpx'
  static override description =
    'Certificates for localhost and private names come from it. On Linux, Chromium and Firefox keep lists of their own: it goes there too, if they have been started once and `certutil` (libnss3-tools) is there. Java is left alone. At the end it says how to undo it.'
  static override baseFlags = commonFlags
  static override examples = [
    {
      description: 'Valid HTTPS for local names, in every program of the system',
      command: 'sudo mcpx cert ca install',
    },
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(CertCaInstall)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    const ca = await connection.call(certificateOperations.ca, {})
    const {place, undo} = trustRoot(ca.certificate_pem)
    const {added, left} = trustInBrowsers(ca.certificate_pem)
    const lines = [undo, ...distrustLines(added)]
    if (output.forPrograms) return output.document({...ca, place, browsers: added, undo: lines})
    for (const one of [place, ...added]) output.line(one)
    output.done(`This machine trusts the CA of mcpx until ${ca.expires_at}`)
    if (left.length > 0)
      output.next(
        `browsers that keep their own list do not: install certutil (libnss3-tools) and run it again`,
      )
    output.next(`to undo it: ${lines.map(line => `\`${line}\``).join(' and ')}`)
  }
}
