import * as Args from '@oclif/core/args'
import {McpxCommand, outputFlags} from '../../cli/command.ts'
import {contextNamed, contextsFile} from '../../cli/contexts.ts'

export default class ContextShow extends McpxCommand {
  static override summary = 'Show one server this command line knows, without its token'
  static override args = {
    name: Args.string({ignoreStdin: true, description: 'name of the context [default: the current one]'}),
  }
  static override baseFlags = outputFlags
  static override examples = [{description: 'The current one', command: 'mcpx context show'}]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ContextShow)
    const output = this.output(flags)
    const {name, url, token, isCurrent} = contextNamed(args.name)
    const shown = {name, url, current: isCurrent, has_token: token !== undefined, file: contextsFile()}
    if (output.forPrograms) return output.document(shown)
    if (output.format === 'name') return output.line(name)
    output.details(shown)
  }
}
