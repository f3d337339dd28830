// Who is at the other end of a connection, and for whom it speaks if it is a trusted proxy.
import type {Socket} from 'node:net'
import ipaddr from 'ipaddr.js'
import type {Fields} from './fields.ts'

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** The addresses of TRUSTED_PROXIES: IP addresses and CIDR ranges. */
export class TrustedProxies {
  readonly #ranges: Range[]

  constructor(list: readonly string[]) {
    this.#ranges = list.map(item => {
      if (item.includes('/')) return ipaddr.parseCIDR(item)
      const address = ipaddr.process(item)
      return [address, address.kind() === 'ipv4' ? 32 : 128]
    })
  }

  includes(address: string): boolean {
    if (this.#ranges.length === 0 || !ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return this.#ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits))
  }
}

/** The TCP peer of a connection to us. */
export interface Peer {
  address: string
  loopback: boolean
  secure: boolean
  trusted: boolean
  /** Server name of the TLS handshake (SNI), lower case. */
  servername?: string
  /** Requests of it that have no whole answer yet. */
  active: number
}

/** Who a request comes from, as far as it can be believed. */
export interface Origin {
  address: string
  loopback: boolean
  secure: boolean
}

export function peerOf(socket: Socket, secure: boolean, proxies: TrustedProxies): Peer {
  const given = socket.remoteAddress ?? '0.0.0.0'
  const address = given.startsWith('::ffff:') ? given.slice(7) : given
  return {address, loopback: isLoopback(address), secure, trusted: proxies.includes(address), active: 0}
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'

/**
 * A trusted proxy says who the client is: the last address it does not trust in X-Forwarded-For, else in Forwarded
 * (RFC 7239), and the scheme it was called with. Of others it is not believed, but whoever sends such fields is a
 * proxy itself, so a local one is not taken for a local client.
 */
export function originOf(peer: Peer, fields: Fields, proxies: TrustedProxies): Origin {
  if (!fields.proxied) return peer
  if (!peer.trusted) return {address: peer.address, loopback: false, secure: peer.secure}
  const chain =
    fields.forwardedFor === '' ? forwardedValues(fields.forwarded, 'for') : fields.forwardedFor.split(',')
  const addresses = chain.map(bareAddress)
  const address = addresses.findLast(one => !proxies.includes(one)) ?? addresses[0] ?? peer.address
  const proto = fields.forwardedProto || forwardedValues(fields.forwarded, 'proto').at(-1) || ''
  const secure = proto === '' ? peer.secure : proto.split(',').at(-1)?.trim().toLowerCase() === 'https'
  return {address, loopback: isLoopback(address), secure}
}

function forwardedValues(forwarded: string, parameter: string): string[] {
  const pattern = new RegExp(`(?:^|[;,])\\s*${parameter}=("[^"]*"|[^;,\\s]*)`, 'gi')
  return [...forwarded.matchAll(pattern)].map(([, value = '']) => value.replaceAll('"', ''))
}

/** `192.0.2.1:80`, `[2001:db8::1]:80` and `"[2001:db8::1]"` without port and brackets. */
function bareAddress(text: string): string {
  const given = text.trim()
  const bracketed = /^\[([^\]]*)\]/.exec(given)
  if (bracketed) return bracketed[1] as string
  return /^[\d.]+:\d+$/.test(given) ? given.slice(0, given.indexOf(':')) : given
}
