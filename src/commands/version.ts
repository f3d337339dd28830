import {commonFlags, McpxCommand} from '../cli/command.ts'
import {systemOperations} from '../core/contract/system.ts'
import {Problem} from '../core/problem.ts'

export default class Version extends McpxCommand {
  static override summary = 'Show the versions of this command line and of the server'
  static override baseFlags = commonFlags
  static override examples = [{description: 'Do they agree?', command: 'mcpx version'}]

  async run(): Promise<void> {
    const {flags} = await this.parse(Version)
    const output = this.output(flags)
    const {version: client} = this.config
    const connection = await this.connect(flags)
    const health = await connection.call(systemOperations.health, {}).catch(error => {
      if (error instanceof Problem && error.code === 'server-unreachable') return undefined
      throw error
    })
    const versions = {client, server: health?.version ?? null, url: connection.url, node: process.version}
    if (output.forPrograms) return output.document(versions)
    if (output.format === 'name') return output.line(client)
    output.details({...versions, server: health?.version ?? 'does not answer'})
    if (health && health.version !== client) {
      output.note(`The server has another version than this command line (${health.version}, ${client}).`)
      output.next(`use that of the server: \`npx mcpx@${health.version}\``)
    }
  }
}
