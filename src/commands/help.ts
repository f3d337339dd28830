import * as Args from '@oclif/core/args'
import {McpxCommand} from '../cli/command.ts'
import Help from '../cli/help.ts'
import {notFound} from '../cli/not-found.ts'
import {topics} from '../cli/topics.ts'

export default class HelpCommand extends McpxCommand {
  static override summary = 'Explain a command or a topic'
  static override description = `Topics: ${Object.keys(topics).join(', ')}.`
  static override strict = false
  static override args = {
    subject: Args.string({ignoreStdin: true, description: 'command or topic [default: all of it]'}),
  }
  static override examples = [
    {description: 'What a command takes', command: 'mcpx help route create'},
    {description: 'How commands end', command: 'mcpx help exit-codes'},
  ]

  async run(): Promise<void> {
    const {argv} = await this.parse(HelpCommand)
    const topic = argv.length === 1 ? topics[String(argv[0])] : undefined
    if (topic !== undefined) return this.log(topic)
    const id = argv.join(':')
    if (id && !this.config.findCommand(id) && !this.config.findTopic(id))
      throw notFound(id, this.config, Object.keys(topics))
    await new Help(this.config, this.config.pjson.oclif.helpOptions).showHelp(argv.map(String))
  }
}
