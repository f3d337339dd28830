import * as Args from '@oclif/core/args'
import {McpxCommand} from '../cli/command.ts'
import {type Shell, scripts, shells} from '../cli/completion.ts'

export default class Completion extends McpxCommand {
  static override summary = 'Print what makes a shell complete commands, flags and names of records'
  static override args = {
    shell: Args.string({required: true, ignoreStdin: true, options: [...shells], description: 'your shell'}),
  }
  static override examples = [
    {description: 'bash, in ~/.bashrc', command: 'source <(mcpx completion bash)'},
    {description: 'zsh, in ~/.zshrc after compinit', command: 'source <(mcpx completion zsh)'},
    {description: 'fish', command: 'mcpx completion fish > ~/.config/fish/completions/mcpx.fish'},
  ]

  async run(): Promise<void> {
    const {args} = await this.parse(Completion)
    process.stdout.write(scripts[args.shell as Shell])
  }
}
