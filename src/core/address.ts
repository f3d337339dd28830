// Which addresses are on the public internet: who is not admin reaches no others, and that holds whenever one is dialled.
import {type LookupAddress, type LookupOptions, lookup} from 'node:dns'
import ipaddr from 'ipaddr.js'

/** Whether an address is on the public internet: neither private, loopback, link-local, nor otherwise special. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  // Of IPv6, 2000::/3 alone is given out (RFC 4291 §2.4); what lies outside may be an IPv4 address in disguise.
  return parsed instanceof ipaddr.IPv4 || ((parsed.parts[0] as number) & 0xe000) === 0x2000
}

/** A name or address is not, or does not lead, to the public internet. */
export class NotPublic extends Error {
  constructor(host: string) {
    super(`\`${host}\` is not a public address`)
  }
}

/** A look-up that knows `*.localhost` as this machine (RFC 6761 §6.3), which not every system does. */
export function localLookup(host: string, options: LookupOptions, resolved: Resolved): void {
  lookup(host.toLowerCase().endsWith('.localhost') ? 'localhost' : host, options, resolved)
}

type Resolved = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/**
 * A look-up for node:net and node:tls that answers NotPublic for what is not: the address that is checked is the one
 * that is dialled. Those two look up names only, not addresses.
 */
export function publicLookup(host: string, options: LookupOptions, resolved: Resolved): void {
  lookup(host, {...options, all: true}, (error, found) => {
    const [first] = found ?? []
    if (error || !first) resolved(error ?? new Error(`${host} has no address`), [])
    else if (found.some(({address}) => !isPublicAddress(address))) resolved(new NotPublic(host), [])
    else if (options.all) resolved(null, found)
    else resolved(null, first.address, first.family)
  })
}
