// dns-01 through the Cloudflare API (v4).
import {Problem} from '../../../core/problem.ts'
import type {DnsProvider} from './provider.ts'

interface Envelope<T> {
  success: boolean
  errors?: {code: number; message: string}[]
  result: T
}

export function cloudflare(api: string, token: string): DnsProvider {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(api + path, {
      method,
      headers: {authorization: `Bearer ${token}`, 'content-type': 'application/json'},
      signal: AbortSignal.timeout(30_000),
      ...(body && {body: JSON.stringify(body)}),
    }).catch(cause => {
      throw new Problem('dns-provider-failed', `Cloudflare cannot be reached: ${(cause as Error).message}`, {
        cause,
      })
    })
    const envelope = (await response.json().catch(() => undefined)) as Envelope<T> | undefined
    if (envelope?.success) return envelope.result
    const said = envelope?.errors?.map(({code, message}) => `${message} (${code})`).join('; ')
    throw new Problem(
      'dns-provider-failed',
      `Cloudflare answered ${response.status}: ${said ?? 'no reason'}`,
      {
        hint: 'the token needs Zone.DNS edit and Zone.Zone read for this zone: CLOUDFLARE_API_TOKEN',
      },
    )
  }

  const zoneOf = async (name: string): Promise<string> => {
    const labels = name.split('.')
    for (let at = 0; at < labels.length - 1; at++) {
      const zone = labels.slice(at).join('.')
      const [found] = await call<{id: string}[]>('GET', `/zones?name=${encodeURIComponent(zone)}`)
      if (found) return found.id
    }
    throw new Problem('dns-provider-failed', `Cloudflare has no zone for ${name} that this token may see`)
  }

  return {
    async add(name, value) {
      await call('POST', `/zones/${await zoneOf(name)}/dns_records`, {
        type: 'TXT',
        name,
        content: `"${value}"`,
        ttl: 60,
      })
    },
    async remove(name, value) {
      const zone = await zoneOf(name)
      const records = await call<{id: string; content: string}[]>(
        'GET',
        `/zones/${zone}/dns_records?type=TXT&name=${encodeURIComponent(name)}`,
      )
      for (const {id, content} of records) {
        if (content.replaceAll('"', '') === value) await call('DELETE', `/zones/${zone}/dns_records/${id}`)
      }
    },
  }
}
