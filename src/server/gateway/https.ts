// Carries out what a proxy says about HTTP and HTTPS.
import {Problem} from '../../core/problem.ts'
import type {Snapshot} from '../../core/routing/snapshot.ts'
import {overHttps, transportOf} from '../../core/routing/transport.ts'
import type {Exchange} from './exchange.ts'

export interface HttpsRules {
  /** Whether there is a certificate for a host; default there is none. */
  hasCertificate?: (host: string) => boolean
  /** Port of HTTPS as clients know it; default 443. */
  httpsPort?: number
}

/**
 * Answers whether the request was redirected to HTTPS, with 308 so that method and body stay.
 * Throws https-required when the proxy does not answer over HTTP, host-disabled when it does not over HTTPS.
 */
export function sentToHttps(exchange: Exchange, {hasCertificate, httpsPort = 443}: HttpsRules): boolean {
  const {asked, match, origin, response} = exchange
  if (!match.proxy) return false
  const {secure} = origin
  const certified = !secure && (hasCertificate?.(asked.host) ?? false)
  if (transportOf(match.proxy, {secure, certified}) === 'serve') return false
  const location = overHttps(asked.host, httpsPort, asked.target)
  exchange.status = 308
  response.writeHead(308, ['Location', location, 'X-Request-Id', exchange.id, 'Content-Length', '0'])
  response.end()
  return true
}

/**
 * A connection serves the host it was opened for, and those its certificate holds for as well, as HTTP/2 clients share
 * connections (RFC 9113 §9.1.1). Throws host-misdirected.
 */
export function checkServerName({asked, peer}: Exchange, {certificates, proxies}: Snapshot): void {
  const {servername} = peer
  if (servername === undefined || servername === asked.host) return
  const shown = certificates.find(servername, proxies.get(servername))
  if (shown && shown === certificates.find(asked.host, proxies.get(asked.host))) return
  throw new Problem(
    'host-misdirected',
    `The connection was opened for \`${servername}\`, the request is for \`${asked.host}\``,
  )
}
