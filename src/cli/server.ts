// Which server a command speaks to, and with which token.
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {isLoopback, parseServerUrl, type Server} from '../core/connect.ts'
import {dataHome} from '../core/run-directory.ts'
import {type Contexts, readContexts, unknownContext} from './contexts.ts'
import {serverEnvironment} from './environment.ts'

export interface Wish {
  url?: string
  token?: string
  context?: string
}

/** Where the mcpx of this person and folder last answered on this machine. */
function ownUrl(): string {
  const folder = serverEnvironment()['MCPX_DATA_DIR'] ?? dataHome()
  try {
    return readFileSync(join(folder, 'url'), 'utf8').trim()
  } catch {
    return 'http://localhost'
  }
}

/**
 * Flags first, then the environment, then the current context, then this machine. A token of a context goes to the
 * server of that context only.
 */
export function chooseServer(
  flags: Wish,
  variables: Record<string, string | undefined> = process.env,
  kept: Contexts = readContexts(),
  here: () => string = ownUrl,
): Server {
  const environment = Object.fromEntries(Object.entries(variables).filter(([, value]) => value))
  const named = flags.context ?? (flags.url === undefined ? environment['MCPX_CONTEXT'] : undefined)
  const fromFlag = flags.context !== undefined
  const context = contextOf(kept, named)
  const given = flags.url ?? (fromFlag ? undefined : environment['MCPX_URL'])
  const url = given ?? context?.url ?? here()
  const own = [context, ...Object.values(kept.contexts)].find(one => one && sameOrigin(one.url, url))
  const fromEnvironment = fromFlag ? undefined : (environment['MCPX_TOKEN'] ?? environment['ADMIN_TOKEN'])
  const token = flags.token ?? fromEnvironment ?? own?.token
  return {url, ...(token !== undefined && {token})}
}

function contextOf(kept: Contexts, named: string | undefined): Contexts['contexts'][string] | undefined {
  const name = named ?? kept.current
  const context = name !== undefined && Object.hasOwn(kept.contexts, name) ? kept.contexts[name] : undefined
  if (named !== undefined && !context) throw unknownContext(named, kept.contexts)
  return context
}

const sameOrigin = (one: string, other: string): boolean =>
  parseServerUrl(one).origin === parseServerUrl(other).origin

/** A name for the context of a server: `local` for this machine, else its hostname. */
export function contextName(url: string): string {
  const {hostname} = parseServerUrl(url)
  return isLoopback(hostname) ? 'local' : hostname
}
