// Whether an MCP server works through the gateway: a real client lists its tools and calls `echo`.
import {Client, StreamableHTTPClientTransport} from '@modelcontextprotocol/client'
import {Problem} from '../core/problem.ts'

export interface Trial {
  tools: string[]
  /** Milliseconds the call of `echo` took. */
  ms: number
}

/** Throws `demo-unverified` when the server cannot be used or echoes something else. */
export async function tryServer({name, url}: {name: string; url: string}): Promise<Trial> {
  const client = new Client({name: 'mcpx-demo', version: '1'}, {versionNegotiation: {mode: 'auto'}})
  const transport = new StreamableHTTPClientTransport(new URL(url))
  const text = `hello ${Date.now()}`
  try {
    await client.connect(transport)
    const {tools} = await client.listTools()
    const begun = performance.now()
    const answer = await client.callTool({name: 'echo', arguments: {text}})
    const ms = Math.round(performance.now() - begun)
    if (!JSON.stringify(answer.content).includes(text))
      throw new Error(`\`echo\` answered ${JSON.stringify(answer.content)}`)
    await transport.terminateSession()
    return {tools: tools.map(tool => tool.name), ms}
  } catch (cause) {
    throw new Problem('demo-unverified', `${name} at ${url}: ${(cause as Error).message}`, {cause})
  } finally {
    await client.close()
  }
}
