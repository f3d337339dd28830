// The help texts: the root page says how to begin; field names of the API read as the flags and arguments they are.
import type {Command} from '@oclif/core'
import {CommandHelp, Help as OclifHelp} from '@oclif/core/help'
import {flagName} from './field-name.ts'

const beginnings: readonly [intent: string, command: string][] = [
  ['Run mcpx on this machine', 'mcpx serve'],
  ['See it work, with two MCP servers', 'mcpx demo'],
  ['Publish a service', 'mcpx proxy create HOSTNAME URL'],
  ['Watch requests', 'mcpx logs --follow'],
]

/** Texts of schemas name fields as the API does; here they are flags and arguments. */
class FieldHelp extends CommandHelp {
  protected override args(args: Parameters<CommandHelp['args']>[0]): ReturnType<CommandHelp['args']> {
    return super.args(args.map(arg => ({...arg, description: this.#inWords(arg.description)})))
  }

  protected override flags(flags: Parameters<CommandHelp['flags']>[0]): ReturnType<CommandHelp['flags']> {
    // oclif takes the indentation from a first flag that has no letter, and the others stand askew.
    const lettered = flags.toSorted((one, other) => Number(!one.char) - Number(!other.char))
    return super.flags(lettered.map(flag => ({...flag, description: this.#inWords(flag.description)})))
  }

  #inWords(text = ''): string {
    return text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, word => {
      if (word in this.command.args) return word.toUpperCase()
      const flag = flagName(word)
      return flag in this.command.flags ? `--${flag}` : word
    })
  }
}

export default class Help extends OclifHelp {
  protected override getCommandHelpClass(command: Command.Loadable): CommandHelp {
    return new FieldHelp(command, this.config, this.opts)
  }

  override formatRoot(): string {
    const width = Math.max(...beginnings.map(([intent]) => intent.length))
    const lines = beginnings.map(([intent, command]) => `${intent.padEnd(width)}  ${command}`)
    return [
      this.wrap(`${this.config.pjson.description} (${this.config.version}).`),
      this.section('BEGIN', lines.join('\n')),
      this.section(
        'HELP',
        'mcpx COMMAND --help   what a command does and takes\nmcpx help exit-codes  how commands end',
      ),
    ].join('\n\n')
  }
}
