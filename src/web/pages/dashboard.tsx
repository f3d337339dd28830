// What goes on at a glance: figures, charts, what needs attention, the latest requests; and the first steps.
import {instanceOperations} from '../../core/contract/instance.ts'
import {systemOperations} from '../../core/contract/system.ts'
import {all, call, can, type Document} from '../data/client.ts'
import {useExchanges} from '../data/exchanges.ts'
import {useLive, usePolled} from '../data/live.ts'
import {Badge, Heading, HttpStatus} from '../parts/bits.tsx'
import {round} from '../parts/chart.tsx'
import {title} from '../parts/title.ts'
import {linkTo} from '../router.ts'
import {Attention, attention} from './attention.tsx'
import {Charts, Figures} from './figures.tsx'
import {FirstSteps} from './first-steps.tsx'

const {stats, statsHistory, health} = systemOperations

export function Dashboard() {
  title('Dashboard')
  const figures = usePolled(() => call(stats), 5, [])
  const history = usePolled(() => call(statsHistory), 5, [])
  const state = usePolled(() => call(health), 5, [])
  const proxies = useLive(
    async () => {
      const list = can('proxy.list')
      return list ? all(list) : []
    },
    ['proxy'],
    [],
  ).data
  const instances = useLive(() => all(instanceOperations.list), ['instance'], []).data
  const certificates = useLive(
    async () => {
      const list = can('cert.list')
      return list ? all(list) : []
    },
    ['certificate'],
    [],
  ).data
  const services = useLive(
    async () => {
      const list = can('service.list')
      return list ? all(list) : []
    },
    ['service'],
    [],
  ).data
  const items = attention({state, certificates, services, proxies, points: history?.points})
  return (
    <>
      <Heading title="Dashboard" lead="Requests through this replica, the last half hour" />
      {proxies?.length === 0 && <FirstSteps />}
      {history && <Figures points={history.points} step={history.step} />}
      <Attention items={items} />
      {history && <Charts points={history.points} step={history.step} />}
      <div class="columns">
        <Latest />
        <Busiest proxies={figures?.proxies ?? []} />
        {certificates && certificates.length > 0 && <Expiring certificates={certificates} />}
        {services && services.length > 0 && <Services services={services} />}
      </div>
      {instances && proxies && (
        <p class="dim">
          {proxies.length} {proxies.length === 1 ? 'proxy' : 'proxies'}, {figures?.records['route'] ?? 0}{' '}
          routes, {instances.length} instances · mcpx {state?.version}
        </p>
      )}
    </>
  )
}

function Latest() {
  const {exchanges = []} = useExchanges({proxied: true}, 50)
  return (
    <section class="card" aria-label="Latest requests">
      <h2>
        Latest requests <a href={linkTo('requests')}>all</a>
      </h2>
      {exchanges.length === 0 && <p class="dim">None yet.</p>}
      <ul class="lines">
        {exchanges.slice(0, 8).map(({id, status, method, host, path, ms}) => (
          <li key={id}>
            <HttpStatus status={status} />
            <span class="cut">
              {method} <span class="dim">{host}</span>
              {path}
            </span>
            <span class="dim">{Math.round(ms)} ms</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Busiest({
  proxies,
}: {
  proxies: {hostname: string; requests: number; errors: number; mean_ms: number}[]
}) {
  const shown = proxies.filter(({hostname}) => hostname !== 'console')
  return (
    <section class="card" aria-label="Busiest proxies">
      <h2>
        Busiest proxies <a href={linkTo('proxies')}>all</a>
      </h2>
      {shown.length === 0 && <p class="dim">No proxy was asked for anything yet.</p>}
      <ul class="lines">
        {shown.slice(0, 8).map(({hostname, requests, errors, mean_ms}) => (
          <li key={hostname}>
            <a class="cut" href={linkTo('proxies', hostname)}>
              {hostname}
            </a>
            <span class="dim">
              {requests} requests, {round(mean_ms)} ms
            </span>
            {errors > 0 && <Badge tone="bad">{errors} errors</Badge>}
          </li>
        ))}
      </ul>
    </section>
  )
}

const daysLeft = (record: Document): number =>
  Math.floor((Date.parse(String(record['expires_at'])) - Date.now()) / 86_400_000)

function Expiring({certificates}: {certificates: Document[]}) {
  const dated = certificates.filter(one => one['expires_at'] !== undefined)
  return (
    <section class="card" aria-label="Certificates">
      <h2>
        Certificates <a href={linkTo('certificates')}>all</a>
      </h2>
      <ul class="lines">
        {dated
          .toSorted((one, other) => daysLeft(one) - daysLeft(other))
          .slice(0, 8)
          .map(one => (
            <li key={String(one['cert_name'])}>
              <a class="cut" href={linkTo('certificates', String(one['cert_name']))}>
                {String(one['cert_name'])}
              </a>
              <Badge tone={daysLeft(one) < 7 ? 'bad' : daysLeft(one) < 21 ? 'warn' : 'good'}>
                {daysLeft(one)} days
              </Badge>
            </li>
          ))}
      </ul>
    </section>
  )
}

const Services = ({services}: {services: Document[]}) => (
  <section class="card" aria-label="Services">
    <h2>
      Services <a href={linkTo('services')}>all</a>
    </h2>
    <ul class="lines">
      {services.slice(0, 8).map(one => (
        <li key={String(one['service_name'])}>
          <a class="cut" href={linkTo('services', String(one['service_name']))}>
            {String(one['service_name'])}
          </a>
          <Badge tone={one['status'] === 'running' ? 'good' : 'warn'}>{String(one['status'])}</Badge>
        </li>
      ))}
    </ul>
  </section>
)
