// The tools of the echo servers: small things that show what a gateway passes on.
import {setTimeout} from 'node:timers/promises'
import type {CallToolResult, McpServer, ServerContext} from '@modelcontextprotocol/server'
import {z} from 'zod'

const secretHeaders = ['authorization', 'cookie', 'proxy-authorization']

export function registerTools(server: McpServer): void {
  server.registerTool(
    'echo',
    {description: 'Answers with the text it was given', inputSchema: z.object({text: z.string()})},
    ({text}) => says(text),
  )
  server.registerTool(
    'countdown',
    {
      description: 'Counts down, with a progress notification for each number before the result',
      inputSchema: z.object({
        from: z.int().min(1).max(60).default(3).describe('The number to start with'),
        interval: z.int().min(0).max(10_000).default(500).describe('Milliseconds between two numbers'),
      }),
    },
    countdown,
  )
  server.registerTool(
    'headers',
    {description: 'Answers with the request headers that reached this server, secrets left out'},
    ctx => says(JSON.stringify(headersOf(ctx), null, 2)),
  )
}

export function says(text: string): CallToolResult {
  return {content: [{type: 'text', text}]}
}

async function countdown(
  {from, interval}: {from: number; interval: number},
  {mcpReq}: ServerContext,
): Promise<CallToolResult> {
  const progressToken = mcpReq._meta?.progressToken
  for (let left = from; left > 0; left--) {
    if (progressToken !== undefined) {
      const params = {progressToken, progress: from - left + 1, total: from, message: String(left)}
      await mcpReq.notify({method: 'notifications/progress', params})
    }
    await setTimeout(interval, undefined, {signal: mcpReq.signal})
  }
  return says(`counted down from ${from}`)
}

function headersOf(ctx: ServerContext): Record<string, string> {
  const headers = Object.fromEntries(ctx.http?.req?.headers ?? [])
  for (const name of secretHeaders) if (name in headers) headers[name] = '(present, not shown)'
  return headers
}
