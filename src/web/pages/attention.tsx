// What needs attention, each with the button that mends it or the page that tells more.
import type {ExchangeRecord, Health, StatsPoint} from '../../core/contract/system.ts'
import {call, can, type Document} from '../data/client.ts'
import {Act} from '../parts/act.tsx'
import {Badge} from '../parts/bits.tsx'
import {attempt, toast, undoable} from '../parts/toasts.tsx'
import {linkTo} from '../router.ts'

interface Item {
  text: string
  href: string
  /** Label, id of the operation that mends it, and its parameters. */
  mend?: readonly [label: string, id: string, params: Document]
}

/** Whole days until a certificate ends. */
export const daysLeft = (record: Document): number =>
  Math.floor((Date.parse(String(record['expires_at'])) - Date.now()) / 86_400_000)

/** Whether a certificate should have been renewed by now: a sixth of its life is left, at most a week. */
export function isLate(record: Document): boolean {
  const [from, until] = [record['issued_at'], record['expires_at']].map(time => Date.parse(String(time)))
  const life = ((until ?? 0) - (from ?? 0)) / 86_400_000
  return daysLeft(record) < Math.min(7, life / 6)
}

const isOn = (part: unknown): boolean => (part as Document | undefined)?.['enabled'] === true

/** An MCP server was found behind a proxy that asks for no login, nor does the server; nobody said that it should be so. */
function isOpenServer({mcp, auth}: Document): boolean {
  const {auto_detected, backend_implements} = (mcp ?? {}) as Document
  return auto_detected === true && backend_implements !== true && !isOn(mcp) && !isOn(auth)
}

/** Proxies whose latest request found nobody behind them. */
function unreachable(exchanges: readonly ExchangeRecord[]): string[] {
  const latest = new Map<string, ExchangeRecord>()
  for (const one of exchanges)
    if (one.proxy !== undefined && !latest.has(one.proxy)) latest.set(one.proxy, one)
  return [...latest].flatMap(([hostname, {problem}]) =>
    problem === 'upstream-unreachable' ? [hostname] : [],
  )
}

export interface Seen {
  state: Health | undefined
  certificates: Document[] | undefined
  services: Document[] | undefined
  proxies: Document[] | undefined
  points: StatsPoint[] | undefined
  exchanges: ExchangeRecord[] | undefined
}

export function attention({
  state,
  certificates = [],
  services = [],
  proxies = [],
  points = [],
  exchanges = [],
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
    ...unreachable(exchanges).map(
      (hostname): Item => ({
        text: `What ${hostname} leads to does not answer`,
        href: linkTo('proxies', hostname),
      }),
    ),
    ...certificates
      .filter(({status}) => status === 'failed' || status === 'expired')
      .map(
        ({cert_name, status}): Item => ({
          text: `Certificate ${cert_name} ${status === 'failed' ? 'could not be issued' : 'has expired'}`,
          href: linkTo('certificates', String(cert_name)),
          mend: ['Try again', 'cert.renew', {cert_name}],
        }),
      ),
    ...certificates
      .filter(one => one['status'] === 'active' && isLate(one))
      .map(
        (one): Item => ({
          text: `Certificate ${one['cert_name']} ends in ${daysLeft(one)} days`,
          href: linkTo('certificates', String(one['cert_name'])),
          ...(one['issuer'] !== 'imported' && {
            mend: ['Renew', 'cert.renew', {cert_name: one['cert_name']}] as const,
          }),
        }),
      ),
    ...services
      .filter(({status}) => status === 'failed' || status === 'unhealthy')
      .map(
        ({service_name, status}): Item => ({
          text: `Service ${service_name} ${status === 'failed' ? 'has failed' : 'is unhealthy'}`,
          href: linkTo('services', String(service_name)),
          mend: ['Restart', 'service.restart', {service_name}],
        }),
      ),
    ...proxies.filter(isOpenServer).map(
      ({hostname}): Item => ({
        text: `${hostname} serves MCP to anybody, without a login`,
        href: linkTo('proxies', String(hostname), 'mcp'),
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
  const mend = (label: string, id: string, params: Document): Promise<void> =>
    attempt(async () => {
      const operation = can(id)
      if (operation) await call(operation, {params})
      const said = `${label}: ${Object.values(params).join(' ')}`
      const disable = id === 'proxy.enable' && can('proxy.disable')
      if (disable) undoable(said, () => call(disable, {params}))
      else toast(said)
    })
  if (items.length === 0) return <p class="fine">Nothing needs attention.</p>
  return (
    <section class="card attention" aria-label="Needs attention">
      <h2>
        Needs attention <Badge tone="warn">{items.length}</Badge>
      </h2>
      <ul class="lines">
        {items.slice(0, 10).map(({text, href, mend: way}) => (
          <li key={text}>
            <a class="cut" href={href}>
              {text}
            </a>
            {way && can(way[1]) && (
              <Act class="small" aria-label={`${way[0]}: ${text}`} run={() => mend(...way)}>
                {way[0]}
              </Act>
            )}
          </li>
        ))}
      </ul>
      {items.length > 10 && <p class="dim">and {items.length - 10} more</p>}
    </section>
  )
}
