import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../cli/command.ts'
import {configurationOperations} from '../core/contract/configuration.ts'

export default class Export extends McpxCommand {
  static override summary = 'Print all records as YAML, or JSON with --json'
  static override description =
    'What is printed goes back in with `mcpx apply`. Secrets are left out unless asked for; of tokens and keys only hashes are kept, with which they work elsewhere too. Keep a file with secrets where nobody else reads it.'
  static override baseFlags = {
    ...commonFlags,
    output: Flags.option({
      char: 'o',
      options: ['yaml', 'json'],
      exclusive: ['json'],
      helpGroup: 'COMMON',
      helpValue: '<format>',
      description: 'yaml or json [default: yaml]',
    })(),
  }
  static override flags = {
    secrets: Flags.boolean({
      description:
        'with custom headers, hashes of tokens and keys, secrets of OAuth clients, and imported private keys',
    }),
  }
  static override examples = [
    {description: 'Into a file', command: 'mcpx export > mcpx.yaml'},
    {description: 'Everything that can be told', command: 'mcpx export --secrets --json'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Export)
    const output = this.output({...flags, output: flags.output ?? 'yaml'})
    const connection = await this.connect(flags)
    const query = {secrets: flags.secrets}
    await output.document(await connection.call(configurationOperations.export, {query}))
  }
}
