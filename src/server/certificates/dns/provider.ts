// Who sets the TXT records of dns-01: one of a few providers behind one interface.
import type {Config} from '../../../core/config.ts'
import {Problem} from '../../../core/problem.ts'
import {cloudflare} from './cloudflare.ts'
import {hook} from './hook.ts'
import {rfc2136} from './rfc2136.ts'

export interface DnsProvider {
  /** Add a TXT record beside those that are there. `name` is without trailing dot. Throws dns-provider-failed. */
  add(name: string, value: string): Promise<void>
  /** Remove that TXT record and no other. */
  remove(name: string, value: string): Promise<void>
}

/** Throws acme-misconfigured, naming the variable that is missing. */
export function dnsProvider(config: Config): DnsProvider {
  switch (config.ACME_DNS_PROVIDER) {
    case 'rfc2136':
      return rfc2136({
        server: needed('RFC2136_SERVER', config.RFC2136_SERVER),
        zone: config.RFC2136_ZONE,
        ...(config.RFC2136_TSIG_KEY !== undefined && {
          tsig: {
            name: config.RFC2136_TSIG_KEY,
            secret: needed('RFC2136_TSIG_SECRET', config.RFC2136_TSIG_SECRET),
            algorithm: config.RFC2136_TSIG_ALGORITHM,
          },
        }),
      })
    case 'cloudflare':
      return cloudflare(
        config.CLOUDFLARE_API_URL,
        needed('CLOUDFLARE_API_TOKEN', config.CLOUDFLARE_API_TOKEN),
      )
    case 'hook':
      return hook(needed('ACME_DNS_HOOK', config.ACME_DNS_HOOK))
    case 'none':
      throw new Problem('acme-misconfigured', 'dns-01 needs a DNS provider', {
        hint: 'set ACME_DNS_PROVIDER to rfc2136, cloudflare or hook',
      })
  }
}

function needed(variable: string, value: string | undefined): string {
  if (value !== undefined) return value
  throw new Problem('acme-misconfigured', `${variable} is not set`, {hint: `set ${variable}`})
}
