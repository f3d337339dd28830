import {spawn} from 'node:child_process'
import {commonFlags, McpxCommand} from '../cli/command.ts'
import {connect, type Server} from '../core/connect.ts'
import {consoleOperations} from '../core/contract/console.ts'

const openers: Partial<Record<NodeJS.Platform, string>> = {darwin: 'open', win32: 'explorer'}

export default class Open extends McpxCommand {
  static override summary = 'Open the console of the server in a browser'
  static override description =
    'Prints a link that signs in, once, within a minute; on a machine with a desktop it opens there too. Without a token it is the plain address.'
  static override baseFlags = commonFlags
  static override examples = [
    {description: 'The console', command: 'mcpx open'},
    {description: 'That of another server', command: 'mcpx open --context production'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Open)
    const output = this.output(flags)
    const url = await address(await this.server(flags))
    if (output.forPrograms) await output.document({url})
    else output.line(url)
    const hasDesktop = openers[process.platform] ?? process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']
    if (!process.stdout.isTTY || !hasDesktop) return
    const child = spawn(openers[process.platform] ?? 'xdg-open', [url], {detached: true, stdio: 'ignore'})
    child.once('error', () => output.note('No browser was found; open the address yourself.'))
    child.unref()
  }
}

/** In a fragment, which no server and no log sees. */
async function address(server: Server): Promise<string> {
  const url = new URL('/', server.url)
  if (server.token === undefined) return url.href
  const {link} = await connect(server).call(consoleOperations.link, {})
  url.hash = new URLSearchParams({link}).toString()
  return url.href
}
