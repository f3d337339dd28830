// How to use a demo server from the clients people have.
import {chalkStderr as chalk} from 'chalk'
import {isLoopback} from '../core/connect.ts'
import type {DemoStatus} from '../core/contract/system.ts'

type Server = DemoStatus['servers'][number]

/** Lines for a person: a command for each client that can reach the servers, and which cannot. */
export function clientSnippets(servers: readonly Server[]): string[] {
  const isLocal = servers.every(({url}) => isLoopback(new URL(url).hostname))
  const [first] = servers
  if (!first) return []
  return [
    '',
    chalk.bold('Claude Code'),
    ...servers.map(({name, url}) => `  claude mcp add --transport http ${name} ${url}`),
    '',
    chalk.bold('MCP Inspector'),
    `  npx @modelcontextprotocol/inspector --cli ${first.url} \\`,
    '    --transport http --method tools/list',
    '',
    chalk.bold('claude.ai'),
    isLocal
      ? '  needs a public address on port 443; this one is for this machine only'
      : `  Settings → Connectors → Add custom connector: ${first.url}`,
    '',
  ]
}
