import {readFileSync} from 'node:fs'
import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../../cli/command.ts'
import {certificateFields} from '../../cli/follow-certificate.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'

export default class CertImport extends McpxCommand {
  static override summary = 'Bring a certificate of your own, with its key'
  static override args = {
    cert_name: Args.string({required: true, ignoreStdin: true, description: 'name of the certificate'}),
  }
  static override baseFlags = commonFlags
  static override flags = {
    cert: Flags.string({
      required: true,
      helpValue: '<file>',
      description: 'file with the certificate and its chain in PEM, leaf first',
    }),
    key: Flags.string({required: true, helpValue: '<file>', description: 'file with its private key in PEM'}),
  }
  static override examples = [
    {
      description: 'One that somebody else issued',
      command: 'mcpx cert import shop --cert fullchain.pem --key privkey.pem',
    },
  ]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CertImport)
    const output = this.output(flags)
    const body = {
      cert_name: args.cert_name,
      fullchain_pem: readFileSync(flags.cert, 'utf8'),
      private_key_pem: readFileSync(flags.key, 'utf8'),
    }
    const connection = await this.connect(flags)
    const record = await connection.call(certificateOperations.import, {body})
    if (output.forPrograms) return output.document(record)
    if (output.format === 'name') return output.line(record.cert_name)
    output.details({...record}, certificateFields)
    output.done(`Certificate ${record.cert_name} imported`)
    if (record.status === 'expired')
      output.note(`! it ended on ${record.expires_at}: clients will not accept it`)
  }
}
