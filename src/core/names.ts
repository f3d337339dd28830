// Which names a public CA could ever certify, and which only the CA of this mcpx.
import ipaddr from 'ipaddr.js'

/** Special-use and private names: RFC 6761, 6762, 7686, 8375, 9476, and what routers hand out. */
const privateSuffix =
  /(^|\.)(localhost|local|test|example|invalid|internal|intranet|private|corp|home|lan|home\.arpa|onion|alt)$/

/** Whether no public CA would certify it: single labels, special-use names, addresses. */
export function isPrivateName(domain: string): boolean {
  const name = domain.replace(/^\*\./, '').replace(/^\[|\]$/g, '')
  return ipaddr.isValid(name) || !name.includes('.') || privateSuffix.test(name)
}

/** Whether a certificate for `domain` holds for `host`; a wildcard stands for one label (RFC 9525 §6.3). */
export function covers(domain: string, host: string): boolean {
  if (domain === host) return true
  const dot = host.indexOf('.')
  return domain.startsWith('*.') && dot > 0 && domain.slice(1) === host.slice(dot)
}
