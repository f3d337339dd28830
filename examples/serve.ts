// Runs an MCP handler as an HTTP server: listens, says where in one JSON line, and stops on a signal.
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {localhostHostValidation, localhostOriginValidation} from '@modelcontextprotocol/node'

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const loopback = ['127.0.0.1', '::1', 'localhost']

/**
 * Serves `handle` at `/mcp` on HOST (default 127.0.0.1) and PORT (default 0, a free one), and prints
 * `{"listening":"http://HOST:PORT/mcp"}` once it does. On a loopback address only local `Host` and `Origin`
 * names are answered, so that no web page can reach the server by DNS rebinding.
 */
export function serve(handle: Handler): void {
  const host = process.env['HOST'] || '127.0.0.1'
  const guards = loopback.includes(host) ? [localhostHostValidation(), localhostOriginValidation()] : []
  const server = createServer((request, response) => {
    if (!guards.every(admits => admits(request, response))) return
    if (pathOf(request) !== '/mcp') return answer(response, 404, `nothing here: the MCP endpoint is /mcp`)
    handle(request, response).catch((error: unknown) => {
      console.error(error)
      if (response.headersSent) response.destroy()
      else answer(response, 500, 'the server failed, see its log')
    })
  })
  server.listen(Number(process.env['PORT'] || 0), host, () => {
    const {address, family, port} = server.address() as AddressInfo
    const name = family === 'IPv6' ? `[${address}]` : address
    console.log(JSON.stringify({listening: `http://${name}:${port}/mcp`}))
  })

  function stop(): void {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  // Only sent where a parent holds an IPC channel: then the server does not outlive it.
  process.once('disconnect', stop)
}

/** Answers with a JSON-RPC error that belongs to no request, as MCP does for errors of the transport. */
export function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, {'content-type': 'application/json'})
  response.end(JSON.stringify({jsonrpc: '2.0', id: null, error: {code: -32000, message}}))
}

function pathOf(request: IncomingMessage): string | undefined {
  return request.url?.split('?', 1)[0]
}
