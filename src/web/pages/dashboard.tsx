// What goes on at a glance: figures, charts, what needs attention, the latest requests; and the first steps.
import {type ExchangeRecord, systemOperations} from '../../core/contract/system.ts'
import {all, call, can, type Document} from '../data/client.ts'
import {useExchanges} from '../data/exchanges.ts'
import {useLive, usePolled} from '../data/live.ts'
import {Badge, counted, Heading, HttpStatus, Status} from '../parts/bits.tsx'
import {duration} from '../parts/chart.tsx'
import {title} from '../parts/title.ts'
import {linkTo} from '../router.ts'
import {Attention, attention, daysLeft, isLate} from './attention.tsx'
import {Charts, Figures} from './figures.tsx'
import {FirstSteps} from './first-steps.tsx'

const {stats, statsHistory, health} = systemOperations

/** Records of a noun, as far as this person may list them. */
function useList(id: string, noun: string): Document[] | undefined {
  const list = can(id)
  return useLive(async () => (list ? all(list) : []), [noun], [id]).data
}

export function Dashboard() {
  title('Dashboard')
  const figures = usePolled(() => call(stats), 5, [])
  const history = usePolled(() => call(statsHistory), 5, [])
  const state = usePolled(() => call(health), 5, [])
  const proxies = useList('proxy.list', 'proxy')
  const instances = useList('instance.list', 'instance')
  const certificates = useList('cert.list', 'certificate')
  const services = useList('service.list', 'service')
  const {exchanges} = useExchanges({proxied: true}, 50)
  const items = attention({state, certificates, services, proxies, points: history?.points, exchanges})
  if (proxies?.length === 0) {
    return (
      <>
        <Heading title="Dashboard" lead="What goes on, as soon as something is published" />
        <FirstSteps />
        {items.length > 0 && <Attention items={items} />}
      </>
    )
  }
  return (
    <>
      <Heading title="Dashboard" lead="Requests to proxies, through this replica" />
      {history && <Figures points={history.points} step={history.step} />}
      {state && proxies && <Attention items={items} />}
      {history && <Charts points={history.points} step={history.step} />}
      <div class="columns">
        <Latest exchanges={exchanges} />
        <div class="stack">
          <Busiest proxies={figures?.proxies ?? []} />
          {certificates && certificates.length > 0 && <Expiring certificates={certificates} />}
          {services && services.length > 0 && <Services services={services} />}
        </div>
      </div>
      {instances && proxies && (
        <p class="dim">
          {counted(proxies.length, 'proxy', 'proxies')}, {counted(figures?.records['route'] ?? 0, 'route')},{' '}
          {counted(instances.length, 'instance')} · mcpx {state?.version}
        </p>
      )}
    </>
  )
}

const Latest = ({exchanges}: {exchanges: ExchangeRecord[] | undefined}) => (
  <section class="card" aria-label="Latest requests">
    <h2>
      Latest requests <a href={linkTo('requests')}>all</a>
    </h2>
    {exchanges?.length === 0 && <p class="dim">None yet.</p>}
    <ul class="lines">
      {exchanges?.slice(0, 8).map(({id, status, method, host, path, ms}) => (
        <li key={id}>
          <HttpStatus status={status} />
          <a class="cut plain" href={linkTo('requests', id)}>
            {method} <span class="dim">{host}</span>
            {path}
          </a>
          <span class="dim">{duration(ms)}</span>
        </li>
      ))}
    </ul>
  </section>
)

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
              {counted(requests, 'request')}, {duration(mean_ms)}
            </span>
            {errors > 0 && <Badge tone="bad">{counted(errors, 'error')}</Badge>}
          </li>
        ))}
      </ul>
    </section>
  )
}

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
              <Badge tone={daysLeft(one) < 0 ? 'bad' : isLate(one) ? 'warn' : 'good'}>
                {daysLeft(one) < 0 ? 'expired' : counted(daysLeft(one), 'day')}
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
          <Status value={String(one['status'])} />
        </li>
      ))}
    </ul>
  </section>
)
