// The authorization server on a loopback port of its own: routes and scripts of the first generation name it as their target.
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'

export interface LocalPort {
  close(): void
}

/** Listens on 127.0.0.1 and ::1 as far as they can be had. Where neither can, `taken` hears of it: undefined. */
export async function openLocalPort(
  port: number,
  issuer: string,
  handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  taken: (error: Error) => void,
): Promise<LocalPort | undefined> {
  const {host} = new URL(issuer)
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    // What the gateway says of a request is not for others to say; and everything here is the auth host.
    for (const name of Object.keys(request.headers))
      if (name.startsWith('x-mcpx-')) delete request.headers[name]
    request.headers.host = host
    void handler(request, response)
  }
  const opened = await Promise.allSettled(['127.0.0.1', '::1'].map(address => listen(answer, port, address)))
  const servers = opened.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  const [failed] = opened
  if (servers.length === 0) {
    if (failed?.status === 'rejected') taken(failed.reason as Error)
    return undefined
  }
  return {
    close() {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  port: number,
  host: string,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(answer)
    server.once('error', reject)
    server.listen({port, host, exclusive: true}, () => resolve(server))
  })
}
