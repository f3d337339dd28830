// How to use an MCP server from the clients people have.
import {isLoopback} from '../core/connect.ts'
import {shellWord} from './hint.ts'
import {printable} from './printable.ts'
import {errorStyle as style} from './style.ts'

interface Server {
  name: string
  url: string
}

/** Lines for a person: a command for each client that can reach the servers, and which cannot. */
export function clientSnippets(servers: readonly Server[]): string[] {
  const known = servers.map(({name, url}) => ({name: printable(name), url: new URL(url)}))
  const [first] = known
  if (!first) return []
  return [
    '',
    style.bold('Claude Code'),
    ...known.map(
      ({name, url}) => `  claude mcp add --transport http ${shellWord(name)} ${shellWord(url.href)}`,
    ),
    '',
    style.bold('MCP Inspector'),
    `  npx @modelcontextprotocol/inspector --cli ${shellWord(first.url.href)} \\`,
    '    --transport http --method tools/list',
    '',
    style.bold('claude.ai'),
    `  ${forClaudeAi(first.url)}`,
    '',
  ]
}

function forClaudeAi({protocol, port, hostname, href}: URL): string {
  if (isLoopback(hostname))
    return 'needs a public address with HTTPS on port 443; this one is for this machine only'
  if (protocol !== 'https:' || port !== '') return 'needs HTTPS on port 443, which is not there yet'
  return `Settings → Connectors → Add custom connector: ${href}`
}
