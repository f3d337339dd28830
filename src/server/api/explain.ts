// Handler of explain.
import type {Explanation, explainOperations} from '../../core/contract/explain.ts'
import {Problem} from '../../core/problem.ts'
import {isTrusted, type ServedCertificate} from '../../core/routing/certificates.ts'
import {explain} from '../../core/routing/explain.ts'
import {type Asked, authHostOf, isConsole} from '../../core/routing/match.ts'
import {Snapshot} from '../../core/routing/snapshot.ts'
import {type Caller, type Handlers, owned, type Parts} from './call.ts'

/**
 * The request a client would send for `given`, a WebSocket as the upgrade that it is; `text` is without what somebody
 * logs in with. Throws invalid-request.
 */
function askedFor(given: string, method: string, loopback: boolean): {text: string; url: URL; asked: Asked} {
  const text = given.replace(/^(\w+:\/\/)[^/?#]*@/, '$1')
  const url = URL.parse(text.replace(/^ws/i, 'http'))
  if (!url) throw new Problem('invalid-request', `\`${text}\` is not a URL`)
  // As sent: URL has resolved dot segments already, which a client need not do.
  const target = /^\w+:\/\/[^/?#]+([^#]*)/.exec(text)?.[1] ?? '/'
  const host = url.hostname.replace(/\.$/, '')
  return {text, url, asked: {host, method, target: target.startsWith('/') ? target : `/${target}`, loopback}}
}

function certificateText(found: ServedCertificate | undefined): string {
  if (!found) return 'none fits; the connection is answered with one that nobody trusts'
  const {cert_name, domains, expires_at} = found
  const trust = isTrusted(found) ? '' : ', which browsers do not trust'
  return `${cert_name} (${domains.join(', ')}), valid until ${expires_at}${trust}`
}

export function explainHandlers(parts: Parts): Handlers<typeof explainOperations> {
  const authHost = authHostOf(parts.oauth.issuer)
  const places = {baseDomain: parts.config.BASE_DOMAIN, authHost}
  const [httpPort, httpsPort] = parts.ports()

  /** Where a request for the port of the URL arrives; a port that is not ours may be forwarded to one that is. */
  const listenerOf = async (caller: Caller, {protocol, port: given}: URL): Promise<string> => {
    const secure = protocol === 'https:'
    const port = secure ? httpsPort : httpPort
    if (port === undefined) return 'none: mcpx has no HTTPS port'
    const asked = Number(given || (secure ? 443 : 80))
    const listener = `${secure ? 'HTTPS' : 'HTTP'} on port ${port}`
    if (asked === port) return listener
    if (asked === (secure ? httpPort : httpsPort))
      return `none: port ${asked} is for ${secure ? 'HTTP' : 'HTTPS'}; mcpx has ${listener}`
    const service = await serviceAt(caller, asked)
    if (service !== undefined) return `none of these: port ${asked} is that of the service ${service}`
    return `${listener}, where something forwards port ${asked} of the URL to it; mcpx does not listen on ${asked}`
  }

  /** The service that has a port of this machine, if the caller may know it. */
  const serviceAt = async ({admin, name}: Caller, port: number): Promise<string | undefined> => {
    for await (const [, {service_name, owner, port_configs}] of parts.records.service.all())
      if ((admin || owner === name) && port_configs.some(({host}) => host === port)) return service_name
    return undefined
  }

  const visible = (caller: Caller, asked: Asked, snapshot: Snapshot): void => {
    if (caller.admin || isConsole(asked, places) || asked.host === authHost) return
    owned(caller, 'proxy', asked.host, snapshot.proxies.get(asked.host))
  }

  return {
    async explain({caller, query: {url: given, method = 'GET'}}): Promise<Explanation> {
      const {text, url, asked} = askedFor(given, method, caller.loopback)
      const snapshot = new Snapshot(parts.records)
      await snapshot.load(0)
      visible(caller, asked, snapshot)
      const secure = url.protocol === 'https:'
      const found = snapshot.certificates.find(asked.host, snapshot.proxies.get(asked.host))
      return {
        url: text,
        method,
        listener: await listenerOf(caller, url),
        certificate: secure ? certificateText(found) : 'not needed over HTTP',
        ...explain(snapshot, asked, {
          places,
          secure,
          certified: found !== undefined && isTrusted(found),
          httpsPort,
        }),
      }
    },
  }
}
