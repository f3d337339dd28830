// What a proxy says about HTTP and HTTPS: which it answers, and where it sends the other.
import type {ProxyTarget} from '../contract/proxy.ts'
import {Problem} from '../problem.ts'

export interface Transport {
  /** Whether the request came over HTTPS. */
  secure: boolean
  /** Whether there is a certificate for the host. */
  certified: boolean
}

/** Throws https-required when the proxy does not answer over HTTP, host-disabled when it does not over HTTPS. */
export function transportOf(proxy: ProxyTarget, {secure, certified}: Transport): 'serve' | 'redirect' {
  if (secure) {
    if (proxy.enable_https) return 'serve'
    throw new Problem('host-disabled', `The proxy \`${proxy.hostname}\` does not answer over HTTPS`)
  }
  if (proxy.enable_https && certified && proxy.redirect_to_https) return 'redirect'
  if (proxy.enable_http) return 'serve'
  throw new Problem('https-required', `The proxy \`${proxy.hostname}\` does not answer over HTTP`)
}

/** The same URL over HTTPS; `port` as clients know it. */
export const overHttps = (host: string, port: number, target: string): string =>
  `https://${host}${port === 443 ? '' : `:${port}`}${target}`
