// The public ports: bound by the supervisor, which never accepts; the gateway workers do, each by itself.
import net, {type AddressInfo} from 'node:net'
import {getSystemErrorName} from 'node:util'
import {Problem} from '../core/problem.ts'

/** A bound socket as Node hands it from process to process. */
export interface BoundSocket {
  handle: net.Server
  port: number
  /** Address it is bound to; `::` and `0.0.0.0` are every address. */
  address: string
}

interface RawHandle {
  getsockname(out: object): number
  close(): void
}

// Not in Node's documentation, but what node:cluster and node:net themselves bind with; a net.Server cannot bind
// without accepting. See docs/architecture.md, Processes.
const {_createServerHandle: createHandle} = net as unknown as {
  _createServerHandle: (address: string, port: number, family: 4 | 6) => RawHandle | number
}

export interface PortWish {
  /** The variable that names it, for messages. */
  variable: 'HTTP_PORT' | 'HTTPS_PORT'
  /** As configured; undefined is `standard`, or `fallback` when that cannot be bound. 0 is any free port. */
  asked: number | undefined
  standard: number
  fallback: number
  bindAddress: string | undefined
}

/** Bind the port that is wished for; `notice` hears of a fallback. Throws port-unavailable. */
export async function bindPort(wish: PortWish, notice: (text: string) => void): Promise<BoundSocket> {
  if (wish.asked !== undefined) return bind(wish, wish.asked)
  try {
    return await bind(wish, wish.standard)
  } catch (error) {
    const socket = await bind(wish, wish.fallback)
    notice(`${(error as Error).message}; using ${wish.fallback} instead (${wish.variable} chooses another)`)
    return socket
  }
}

export function closeSocket({handle}: BoundSocket): void {
  ;(handle as unknown as RawHandle).close()
}

async function bind(wish: PortWish, port: number): Promise<BoundSocket> {
  const addresses = wish.bindAddress === undefined ? ['::', '0.0.0.0'] : [wish.bindAddress]
  for (const address of addresses) {
    // The raw socket would tell only when a worker listens that the port is taken.
    const code = (await probe(address, port)) ?? make(address, port)
    if (typeof code !== 'string') return code
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw refusal(wish, port, code)
    if (address === addresses.at(-1)) throw refusal(wish, port, code)
  }
  throw refusal(wish, port, 'EADDRNOTAVAIL')
}

function make(address: string, port: number): BoundSocket | string {
  const handle = createHandle(address, port, net.isIPv6(address) ? 6 : 4)
  if (typeof handle === 'number') return getSystemErrorName(handle)
  const name: Partial<AddressInfo> = {}
  handle.getsockname(name)
  return {handle: handle as unknown as net.Server, port: name.port ?? port, address}
}

/** Undefined when it can be listened on now, else the error code. */
function probe(address: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = net.createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({host: address, port, exclusive: true}, () => server.close(() => resolve(undefined)))
  })
}

function refusal({variable, bindAddress}: PortWish, port: number, code: string): Problem {
  switch (code) {
    case 'EADDRINUSE':
      return new Problem('port-unavailable', `Port ${port} is in use by another program`, {
        hint: `see which with \`ss -ltnp 'sport = :${port}'\` (root sees every name) and stop it, or choose another port with ${variable}`,
      })
    case 'EACCES':
      return new Problem('port-unavailable', `Port ${port} may not be bound by this user`, {
        hint: `ports below 1024 need root (sudo), or on Linux \`sysctl net.ipv4.ip_unprivileged_port_start=${port}\`; or choose another port with ${variable}, e.g. ${variable}=8080`,
      })
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new Problem(
        'port-unavailable',
        `Port ${port} cannot be bound: this machine has no address ${bindAddress ?? '0.0.0.0'}`,
        {hint: 'correct BIND_ADDRESS, or leave it out for every address'},
      )
    default:
      return new Problem('port-unavailable', `Port ${port} cannot be bound: ${code}`, {
        hint: `choose another port with ${variable}`,
      })
  }
}
