import * as Args from '@oclif/core/args'
import {McpxCommand} from '../cli/command.ts'
import {candidates} from '../cli/completion.ts'

export default class Complete extends McpxCommand {
  static override hidden = true
  static override summary = 'Print what can come next; shells call it'
  static override strict = false
  static override args = {
    words: Args.string({ignoreStdin: true, description: 'words so far, the last may be empty'}),
  }
  static override examples = [{description: 'After `proxy `', command: 'mcpx complete -- proxy ""'}]

  async run(): Promise<void> {
    const {argv} = await this.parse(Complete)
    for (const one of await candidates(argv.map(String), this.config)) this.log(one)
  }
}
