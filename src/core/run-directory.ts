// Where data directories are, and the private sockets of one; no side effects, so that the command line may ask as well.
import {createHash} from 'node:crypto'
import {homedir} from 'node:os'
import {isAbsolute, join} from 'node:path'

/** A unix socket path may have 107 bytes on Linux and 103 on macOS; our longest name is 13 bytes. */
const longestDirectory = 88

/** The data directory of who has named none. */
export const dataHome = (): string => {
  const xdg = process.env['XDG_DATA_HOME']
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share'), 'mcpx')
}

/** `run` in the data directory; a directory of ours under /tmp when that path is too long for sockets. */
export function runDirectoryOf(dataDirectory: string): string {
  const inside = join(dataDirectory, 'run')
  if (Buffer.byteLength(inside) <= longestDirectory) return inside
  return `/tmp/mcpx-${createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16)}`
}

/** URL of the private Redis of a data directory. */
export const privateRedisUrl = (dataDirectory: string): string =>
  `unix://${encodeURI(join(runDirectoryOf(dataDirectory), 'redis.sock'))}`
