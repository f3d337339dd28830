// Whether what was set up can be reached: the upstream of a proxy, and its name from programs of this machine.
import {lookup} from 'node:dns/promises'
import {isIP} from 'node:net'
import {type Connection, isLoopback, parseServerUrl} from '../core/connect.ts'
import {isPrivateName} from '../core/names.ts'
import {shellWord} from './hint.ts'
import type {Output} from './output.ts'

/** Say that nothing answers where the requests of a proxy go. */
export function tellSilence(
  hostname: string,
  {url, detail}: {url: string; detail: string},
  output: Output,
): void {
  output.warn(
    `nothing answers at ${url} so far (${detail}): start it, or name another place: \`mcpx proxy update ${hostname} --target-url URL\``,
  )
}

/**
 * Those of `names` that the system's resolver does not know, though they are to lead to this machine. Browsers know
 * `*.localhost` by themselves (RFC 6761 §6.3), other programs know what the system does.
 */
export async function unknownNames(names: readonly string[]): Promise<string[]> {
  const own = new Set(names.filter(name => !isAddress(name) && isPrivateName(name)))
  const known = await Promise.all([...own].map(name => lookup(name).catch(() => undefined)))
  return [...own].filter((_, index) => known[index] === undefined)
}

const isAddress = (host: string): boolean => host.startsWith('[') || isIP(host) !== 0

/** The command that makes names known to this machine. */
export const namesCommand = (names: readonly string[]): string =>
  `echo ${shellWord(`127.0.0.1 ${names.join(' ')}`)} | sudo tee -a /etc/hosts`

/** Say how programs of this machine get to know the hosts of `urls`, where the server is on it. */
export async function tellUnknownName(
  {url}: Connection,
  urls: readonly string[],
  output: Output,
): Promise<void> {
  if (!isLoopback(parseServerUrl(url).hostname)) return
  const unknown = await unknownNames(urls.map(one => new URL(one).hostname))
  if (unknown.length === 0) return
  output.warn(
    `programs other than browsers do not find ${unknown.join(' and ')} here; add the line: \`${namesCommand(unknown)}\``,
  )
}
