import {createWriteStream} from 'node:fs'
import type {Writable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGzip} from 'node:zlib'
import * as Args from '@oclif/core/args'
import {backupLines} from '../cli/backup.ts'
import {askingFlags, commonFlags, McpxCommand} from '../cli/command.ts'
import {throughDraft} from '../cli/draft.ts'
import {passphraseFlag, passphraseFrom} from '../cli/passphrase.ts'
import {sealed} from '../cli/sealed-file.ts'

export default class Backup extends McpxCommand {
  static override summary = 'Write everything that is kept into a file only a passphrase opens'
  static override description =
    'Records, certificates with their keys, hashes of tokens, first-start secrets, and the OAuth clients and sessions there are. Logs and figures of requests are not in it.'
  static override args = {
    file: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'file to write, `-` for standard output',
    }),
  }
  static override baseFlags = commonFlags
  static override flags = {...passphraseFlag, 'no-input': askingFlags['no-input']}
  static override examples = [
    {description: 'Into a file, asking for a passphrase', command: 'mcpx backup mcpx.backup'},
    {
      description: 'Every night',
      command: 'mcpx backup /backups/mcpx.backup --passphrase-file /etc/mcpx/passphrase',
    },
  ]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Backup)
    const output = this.output(flags)
    const passphrase = await passphraseFrom(flags['passphrase-file'], {...flags, isNew: true})
    const connection = await this.connect(flags)
    const told = {entries: 0}
    const write = (target: Writable): Promise<void> =>
      pipeline(backupLines(connection, told), createGzip(), content => sealed(content, passphrase), target, {
        end: target !== process.stdout,
      })
    if (args.file === '-') return write(process.stdout)
    await throughDraft(args.file, 0o600, fd => write(createWriteStream(args.file, {fd})))
    if (output.forPrograms) return output.document({file: args.file, entries: told.entries})
    output.done(`${told.entries} entries in ${args.file}`)
    output.next(`put it back with the same passphrase: \`mcpx restore ${args.file}\``)
  }
}
