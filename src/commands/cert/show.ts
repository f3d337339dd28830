import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../../cli/command.ts'
import {certificateFields, tellFailure} from '../../cli/follow-certificate.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'

export default class CertShow extends McpxCommand {
  static override summary = 'Show a certificate (never its private key)'
  static override args = {
    cert_name: Args.string({required: true, ignoreStdin: true, description: 'name of the certificate'}),
  }
  static override baseFlags = commonFlags
  static override flags = {pem: Flags.boolean({description: 'print the certificate and its chain in PEM'})}
  static override examples = [
    {description: 'Who issued it, for what, until when', command: 'mcpx cert show api'},
    {description: 'The certificate itself', command: 'mcpx cert show api --pem'},
  ]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CertShow)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    const record = await connection.call(certificateOperations.show, {params: {cert_name: args.cert_name}})
    if (flags.pem) return output.line((record.fullchain_pem ?? '').trimEnd())
    if (output.forPrograms) return output.document(record)
    if (output.format === 'name') return output.line(record.cert_name)
    output.details({...record}, certificateFields)
    tellFailure(record, output)
  }
}
