import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {
  type Asking,
  askingFlags,
  canAsk,
  McpxCommand,
  outputFlags,
  serverFlags,
  tokenFromStdin,
} from '../cli/command.ts'
import {saveContext} from '../cli/contexts.ts'
import {contextName} from '../cli/server.ts'
import {connect} from '../core/connect.ts'
import {tokenOperations} from '../core/contract/token.ts'
import {Problem} from '../core/problem.ts'

export default class Login extends McpxCommand {
  static override summary = 'Keep a token for a server, and use that server from now on'
  static override description =
    'Asks for the token without showing it, tries it, and keeps it in a file only you can read.'
  static override args = {
    url: Args.string({
      ignoreStdin: true,
      description: 'server to log in to [default: the current one, else this machine]',
    }),
  }
  static override baseFlags = {...outputFlags, ...serverFlags}
  static override flags = {
    name: Flags.string({helpValue: '<name>', description: 'name of the context [default: from the host]'}),
    'no-input': askingFlags['no-input'],
  }
  static override examples = [
    {description: 'The server of this machine', command: 'mcpx login'},
    {
      description: 'Another, without a terminal',
      command: 'mcpx login https://mcpx.example.com --token-stdin < token.txt',
    },
  ]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Login)
    const output = this.output(flags)
    const {url} = await this.server({...flags, 'token-stdin': false, ...(args.url && {url: args.url})})
    const token = flags['token-stdin'] ? await tokenFromStdin() : await askForToken(url, flags)
    const connection = connect({url, token})
    const record = await output.during(`asking ${url}`, () => connection.call(tokenOperations.info, {}))
    const name = flags.name ?? flags.context ?? contextName(url)
    saveContext(name, {url, token})
    if (output.forPrograms) return output.document(record)
    output.done(`Logged in to ${url} as ${record.name}${record.admin ? ' (admin)' : ''}; context ${name}`)
    output.next('see what is there: `mcpx proxy list`')
  }
}

async function askForToken(url: string, asking: Asking): Promise<string> {
  if (!canAsk(asking)) {
    throw new Problem('usage', 'Nobody can be asked for the token.', {
      hint: 'pipe it in: `mcpx login --token-stdin < token.txt`',
    })
  }
  const {password} = await import('@inquirer/prompts')
  const token = await password({message: `Token for ${url}:`, toggleMask: false}, {output: process.stderr})
  return token.trim()
}
