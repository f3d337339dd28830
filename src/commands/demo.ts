import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../cli/command.ts'
import {printable} from '../cli/output.ts'
import {clientSnippets} from '../cli/snippets.ts'
import {systemOperations} from '../core/contract/system.ts'

const {demoStart, demoRemove} = systemOperations

export default class Demo extends McpxCommand {
  static override summary = 'Run two echo MCP servers behind mcpx, and check that they answer'
  static override description =
    'The server runs them, registers them as instances and publishes them; `--remove` takes all of it away.'
  static override baseFlags = commonFlags
  static override flags = {remove: Flags.boolean({description: 'stop them and remove their records'})}
  static override examples = [
    {description: 'See an MCP server behind mcpx', command: 'mcpx demo'},
    {description: 'Take it away again', command: 'mcpx demo --remove'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Demo)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    if (flags.remove) {
      await connection.call(demoRemove, {})
      return output.done('Demo removed')
    }
    const status = await connection.call(demoStart, {})
    const {tryServer} = await import('../cli/try-server.ts')
    const tried = await Promise.all(status.servers.map(tryServer))
    if (output.format === 'json') return output.json(status)
    if (output.format === 'name') return status.servers.forEach(({name}) => output.line(printable(name)))
    for (const [i, {url, era}] of status.servers.entries()) {
      output.line(printable(url))
      output.done(`${era}: ${tried[i]?.tools.length} tools, \`echo\` answered in ${tried[i]?.ms} ms`)
    }
    for (const line of clientSnippets(status.servers)) output.note(line)
    output.next('watch the requests: `mcpx logs -f`')
    output.next('take it away again: `mcpx demo --remove`')
  }
}
