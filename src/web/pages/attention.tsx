// What needs attention, each with the button that mends it or the page that tells more.
import type {Health, StatsPoint} from '../../core/contract/system.ts'
import {call, can, type Document, problemIn} from '../data/client.ts'
import {toast} from '../parts/toasts.tsx'
import {linkTo} from '../router.ts'

interface Item {
  text: string
  href: string
  /** Label, id of the operation that mends it, and its parameters. */
  mend?: [label: string, id: string, params: Document]
}

export interface Seen {
  state: Health | undefined
  certificates: Document[] | undefined
  services: Document[] | undefined
  proxies: Document[] | undefined
  points: StatsPoint[] | undefined
}

export function attention({
  state,
  certificates = [],
  services = [],
  proxies = [],
  points = [],
}: Seen): Item[] {
  const last = points.slice(-12)
  const errors = last.reduce((sum, point) => sum + point.errors, 0)
  const requests = last.reduce((sum, point) => sum + point.requests, 0)
  return [
    ...Object.entries(state?.checks ?? {})
      .filter(([, {ok}]) => !ok)
      .map(([name, {detail}]): Item => ({text: `${name}: ${detail}`, href: linkTo('settings')})),
    ...(errors > 0 && errors / requests > 0.05
      ? [{text: `${errors} of ${requests} requests failed in the last minute`, href: linkTo('requests')}]
      : []),
    ...certificates
      .filter(({status}) => status === 'failed' || status === 'expired')
      .map(
        ({cert_name, status}): Item => ({
          text: `Certificate ${cert_name} ${status === 'failed' ? 'could not be issued' : 'has expired'}`,
          href: linkTo('certificates', String(cert_name)),
          mend: ['Try again', 'cert.renew', {cert_name}],
        }),
      ),
    ...services
      .filter(({status}) => status === 'failed' || status === 'unhealthy')
      .map(
        ({service_name, status}): Item => ({
          text: `Service ${service_name} is ${status}`,
          href: linkTo('services', String(service_name)),
          mend: ['Restart', 'service.restart', {service_name}],
        }),
      ),
    ...proxies
      .filter(({enabled}) => enabled === false)
      .map(
        ({hostname}): Item => ({
          text: `Proxy ${hostname} is switched off`,
          href: linkTo('proxies', String(hostname)),
          mend: ['Switch on', 'proxy.enable', {hostname}],
        }),
      ),
  ]
}

export function Attention({items}: {items: Item[]}) {
  if (items.length === 0) return null
  const mend = async (id: string, params: Document): Promise<void> => {
    const operation = can(id)
    try {
      if (operation) await call(operation, {params})
    } catch (error) {
      toast(problemIn(error).detail, {tone: 'bad'})
    }
  }
  return (
    <section class="card attention" aria-label="Needs attention">
      <h2>Needs attention</h2>
      <ul class="lines">
        {items.slice(0, 10).map(({text, href, mend: way}) => (
          <li key={text}>
            <a class="cut" href={href}>
              {text}
            </a>
            {way && (
              <button type="button" class="small" onClick={() => void mend(way[1], way[2])}>
                {way[0]}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
