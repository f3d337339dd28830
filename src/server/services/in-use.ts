// Which TCP ports of this machine are in use, as Linux tells at one reading.
import {readFile} from 'node:fs/promises'
import {endianness} from 'node:os'

const tables = ['/proc/net/tcp', '/proc/net/tcp6']
/** TIME_WAIT (include/net/tcp_states.h): nobody has such a port any more. */
const timeWait = '06'
const v4Mapped = '0000000000000000FFFF0000'

/** TCP ports that cannot be listened on at this IPv4 address, in any order. Empty where the system does not tell. */
export async function portsInUse(bind: string): Promise<Set<number>> {
  const texts = await Promise.all(tables.map(table => readFile(table, 'utf8').catch(() => '')))
  const wanted = hexOf(bind)
  const ports = new Set<number>()
  for (const [, address = '', port = '', state] of texts.join('\n').matchAll(socketLine)) {
    if (state === timeWait) continue
    const own = address.startsWith(v4Mapped) ? address.slice(v4Mapped.length) : address
    if (isAny(own) || isAny(wanted) || own === wanted) ports.add(Number.parseInt(port, 16))
  }
  return ports
}

/** proc(5): `sl local_address rem_address st …`, in hexadecimal, the address in the order of the machine's bytes. */
const socketLine = /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm

const isAny = (address: string): boolean => /^0+$/.test(address)

function hexOf(address: string): string {
  const bytes = address.split('.').map(Number)
  return Buffer.from(endianness() === 'LE' ? bytes.reverse() : bytes)
    .toString('hex')
    .toUpperCase()
}
