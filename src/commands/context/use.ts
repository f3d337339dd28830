import * as Args from '@oclif/core/args'
import {McpxCommand, outputFlags} from '../../cli/command.ts'
import {contextNamed, useContext} from '../../cli/contexts.ts'

export default class ContextUse extends McpxCommand {
  static override summary = 'Speak to another server from now on'
  static override args = {
    name: Args.string({ignoreStdin: true, required: true, description: 'name of the context'}),
  }
  static override baseFlags = outputFlags
  static override examples = [{description: 'Switch', command: 'mcpx context use production'}]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ContextUse)
    const output = this.output(flags)
    const {name, url} = contextNamed(args.name)
    useContext(name)
    if (output.forPrograms) return output.document({name, url, current: true})
    output.done(`Commands now speak to ${url}`)
  }
}
