import {commonFlags, McpxCommand} from '../cli/command.ts'
import {tokenOperations} from '../core/contract/token.ts'

export default class Whoami extends McpxCommand {
  static override summary = 'Show which server commands speak to, and as whom'
  static override baseFlags = commonFlags
  static override examples = [{description: 'Before something daring', command: 'mcpx whoami'}]

  async run(): Promise<void> {
    const {flags} = await this.parse(Whoami)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    const {name, admin} = await connection.call(tokenOperations.info, {})
    if (output.forPrograms) await output.document({url: connection.url, token: name, admin})
    else if (output.format === 'name') output.line(name)
    else output.line(`${name}${admin ? ' (admin)' : ''} at ${connection.url}`)
  }
}
