// Ports of services, and how much of each range is free.
import {useState} from 'preact/hooks'
import {all, call, can, type Document} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {Badge, Empty, Heading, Problem} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {Table} from '../parts/table.tsx'
import {title} from '../parts/title.ts'
import {linkTo} from '../router.ts'

interface Range {
  range: string
  first: number
  last: number
  free: number
  next: number | null
}

export function Ports() {
  title('Ports')
  const [list, available, check] = [can('port.list'), can('port.available'), can('port.check')]
  const ports = useLive(async () => (list ? all(list) : []), ['service'], [])
  const ranges = useLive(
    async () => (available ? ((await call(available)) as {items: Range[]}).items : []),
    ['service'],
    [],
  )
  const [checked, setChecked] = useState<Document>()
  return (
    <>
      <Heading title="Ports" lead="Ports of services on this machine" />
      {ports.problem && <Problem problem={ports.problem} />}
      {ranges.problem && <Problem problem={ranges.problem} />}
      {ports.data?.length === 0 && (
        <Empty title="No port is published">
          <p>A service publishes ports of its container on the host; they are listed here.</p>
        </Empty>
      )}
      {ports.data && ports.data.length > 0 && (
        <Table
          label="Ports"
          rows={ports.data}
          columns={[
            {field: 'host', label: 'Host port'},
            {field: 'service', label: 'Service'},
            {field: 'name', label: 'Name'},
            {field: 'bind', label: 'Bind', wide: true},
            {field: 'container', label: 'In the container', wide: true, end: true},
          ]}
          keyOf={({service, name}) => `${service}/${name}`}
          href={({service}) => linkTo('services', String(service), 'ports')}
        />
      )}
      {ranges.data && <Ranges ranges={ranges.data} ports={ports.data ?? []} />}
      <div class="columns">
        {check && (
          <section class="card" aria-label="Check a port">
            <h2>Is a port free?</h2>
            <Form operation={check} isQuestion submit="Check" onDone={setChecked} />
            {checked && (
              <p role="status">
                <Badge tone={checked['available'] ? 'good' : 'bad'}>
                  {checked['available'] ? 'free' : 'taken'}
                </Badge>{' '}
                {String(checked['port'])} {checked['reason'] !== undefined && String(checked['reason'])}
              </p>
            )}
          </section>
        )}
        {can('port.token.validate') && <TryToken />}
      </div>
    </>
  )
}

function TryToken() {
  const [found, setFound] = useState<Document>()
  const validate = can('port.token.validate')
  if (!validate) return null
  return (
    <section class="card" aria-label="Try a port token">
      <h2>What does a port token open?</h2>
      <Form operation={validate} isQuestion submit="Try" ids="try" onDone={setFound} />
      {found && (
        <p role="status">
          <Badge tone={found['valid'] ? 'good' : 'bad'}>{found['valid'] ? 'opens it' : 'does not'}</Badge>{' '}
          {String(found['reason'] ?? found['token_name'] ?? '')}
        </p>
      )}
    </section>
  )
}

/** How wide a port at least is on the map, as a part of it. */
const visible = 1 / 160

/** Each range as a strip with the ports that services have. */
const Ranges = ({ranges, ports}: {ranges: Range[]; ports: Document[]}) => (
  <section class="card ranges" aria-label="Ranges">
    <h2>Map</h2>
    {ranges.map(({range, first, last, free, next}) => {
      const size = last - first + 1
      const used = ports.filter(({host}) => Number(host) >= first && Number(host) <= last)
      const names = used.map(({host, service, name}) => `${host} ${service}/${name}`)
      return (
        <div key={range}>
          <p>
            <strong>{range.replaceAll('_', ' ')}</strong>{' '}
            <span class="dim">
              {first} to {last}, {free} free, next {next ?? 'none'}
            </span>
          </p>
          <svg
            class="strip"
            viewBox={`0 0 ${size} 1`}
            preserveAspectRatio="none"
            role="img"
            aria-label={`${range.replaceAll('_', ' ')}: ${names.join(', ') || 'no port in use'}`}
          >
            {used.map(({host, service, name}) => (
              <rect
                key={`${service}/${name}`}
                x={Math.min(Number(host) - first, size * (1 - visible))}
                width={Math.max(1, size * visible)}
                height="1"
              >
                <title>{`${host} ${service}/${name}`}</title>
              </rect>
            ))}
          </svg>
        </div>
      )
    })}
  </section>
)
