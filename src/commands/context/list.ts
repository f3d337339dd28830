import {McpxCommand, outputFlags} from '../../cli/command.ts'
import {readContexts} from '../../cli/contexts.ts'

export default class ContextList extends McpxCommand {
  static override summary = 'List the servers this command line knows'
  static override baseFlags = outputFlags
  static override examples = [
    {description: 'Which are there, and which is used', command: 'mcpx context list'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(ContextList)
    const output = this.output(flags)
    const {current, contexts} = readContexts()
    const items = Object.entries(contexts).map(([name, {url}]) => ({name, url, current: name === current}))
    if (output.forPrograms) return output.document({items})
    if (output.format === 'name') return items.forEach(({name}) => output.line(name))
    if (items.length > 0) return output.table(items, ['name', 'url', 'current'])
    output.note('There are none.')
    output.next('log in to a server: `mcpx login URL`')
  }
}
