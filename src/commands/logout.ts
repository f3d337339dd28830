import {McpxCommand, outputFlags, serverFlags} from '../cli/command.ts'
import {readContexts, removeContext} from '../cli/contexts.ts'
import {Problem} from '../core/problem.ts'

export default class Logout extends McpxCommand {
  static override summary = 'Forget the token of a server'
  static override description = 'Removes the context from this machine; the token itself stays valid.'
  static override baseFlags = {...outputFlags, context: serverFlags.context}
  static override examples = [
    {description: 'The current server', command: 'mcpx logout'},
    {description: 'Another', command: 'mcpx logout --context production'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Logout)
    const {current, contexts} = readContexts()
    const name = flags.context ?? current
    if (name === undefined || !(name in contexts)) {
      throw new Problem(
        'context-unknown',
        name === undefined ? 'Not logged in.' : `No context is called \`${name}\`.`,
      )
    }
    removeContext(name)
    const output = this.output(flags)
    if (output.forPrograms) return output.document({removed: name})
    output.done(`Context ${name} forgotten`)
    output.next('its token stays valid: `mcpx token delete NAME` ends it')
  }
}
