// What an IP address is: on the public internet, or special.
import ipaddr from 'ipaddr.js'

/** Whether an address is on the public internet: neither private, loopback, link-local, nor otherwise special. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  return ipaddr.process(address).range() === 'unicast'
}
