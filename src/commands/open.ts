import {spawn} from 'node:child_process'
import {McpxCommand, outputFlags, serverFlags} from '../cli/command.ts'

const openers: Partial<Record<NodeJS.Platform, string>> = {darwin: 'open', win32: 'explorer'}

export default class Open extends McpxCommand {
  static override summary = 'Open the console of the server in a browser'
  static override description = 'Prints the address; on a machine with a desktop it opens there too.'
  static override baseFlags = {...outputFlags, url: serverFlags.url, context: serverFlags.context}
  static override examples = [
    {description: 'The console', command: 'mcpx open'},
    {description: 'That of another server', command: 'mcpx open --context production'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Open)
    const output = this.output(flags)
    const url = new URL('/', (await this.server(flags)).url).href
    if (output.forPrograms) await output.document({url})
    else output.line(url)
    const hasDesktop = openers[process.platform] ?? process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']
    if (!process.stdout.isTTY || !hasDesktop) return
    const child = spawn(openers[process.platform] ?? 'xdg-open', [url], {detached: true, stdio: 'ignore'})
    child.once('error', () => output.note('No browser was found; open the address yourself.'))
    child.unref()
  }
}
