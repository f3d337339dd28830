// A port that nobody listens on now, for programs that cannot choose one themselves.
import {randomInt} from 'node:crypto'
import {createServer} from 'node:net'

/** Below the ports that systems give to connections by themselves, which would take it before the program does. */
export function freePort(): Promise<number> {
  const port = randomInt(20_000, 30_000)
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(freePort()))
    server.listen(port, () => server.close(() => resolve(port)))
  })
}
