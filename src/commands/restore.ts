import {accessSync, createReadStream} from 'node:fs'
import {Readable} from 'node:stream'
import {createGunzip} from 'node:zlib'
import * as Args from '@oclif/core/args'
import {entriesOf} from '../cli/backup.ts'
import {askingFlags, commonFlags, confirmedByTyping, McpxCommand} from '../cli/command.ts'
import {passphraseFlag, passphraseFrom} from '../cli/passphrase.ts'
import {opened} from '../cli/sealed-file.ts'
import {backupOperations} from '../core/contract/backup.ts'

export default class Restore extends McpxCommand {
  static override summary = 'Put everything back as a backup has it'
  static override description =
    'Records all in one step; what is not in the backup is deleted. Afterwards the tokens and logins are those of the backup.'
  static override args = {
    file: Args.string({required: true, ignoreStdin: true, description: 'file that `mcpx backup` wrote'}),
  }
  static override baseFlags = commonFlags
  static override flags = {
    ...passphraseFlag,
    ...askingFlags,
  }
  static override examples = [
    {description: 'Onto this server', command: 'mcpx restore mcpx.backup'},
    {
      description: 'In a script',
      command: 'mcpx restore mcpx.backup --passphrase-file /etc/mcpx/passphrase --yes',
    },
  ]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Restore)
    const output = this.output(flags)
    accessSync(args.file)
    const passphrase = await passphraseFrom(flags['passphrase-file'], {...flags, isNew: false})
    const content = Readable.from(opened(createReadStream(args.file), passphrase))
    const unpacked = createGunzip()
    content.on('error', error => unpacked.destroy(error))
    const entries = await entriesOf(content.pipe(unpacked))
    const connection = await this.connect(flags)
    await confirmedByTyping(
      `This replaces everything at ${connection.url} by ${entries.length - 1} entries.`,
      'restore',
      flags,
    )
    const result = await output.during('putting it back', () =>
      connection.call(backupOperations.restore, {body: {entries}}),
    )
    if (output.forPrograms) return output.document(result)
    output.done(`${result.restored} records restored, ${result.deleted} deleted`)
    output.next('restart mcpx, so that it takes up the secrets of the backup')
    output.next('log in with a token of the backup: `mcpx login`')
  }
}
