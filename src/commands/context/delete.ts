import * as Args from '@oclif/core/args'
import {askingFlags, confirmed, McpxCommand, outputFlags} from '../../cli/command.ts'
import {contextNamed, removeContext} from '../../cli/contexts.ts'

export default class ContextDelete extends McpxCommand {
  static override summary = 'Forget a server and its token'
  static override args = {
    name: Args.string({ignoreStdin: true, required: true, description: 'name of the context'}),
  }
  static override baseFlags = outputFlags
  static override flags = {...askingFlags}
  static override examples = [{description: 'One that is gone', command: 'mcpx context delete staging --yes'}]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ContextDelete)
    const output = this.output(flags)
    const {name, url} = contextNamed(args.name)
    await confirmed(`Forget the context ${name} (${url}) and its token?`, flags)
    removeContext(name)
    if (output.forPrograms) return output.document({removed: name})
    output.done(`Context ${name} forgotten`)
  }
}
