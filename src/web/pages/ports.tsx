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
            {field: 'bind', label: 'Bind'},
            {field: 'container', label: 'In the container', end: true},
          ]}
          keyOf={({service, name}) => `${service}/${name}`}
          href={({service}) => linkTo('services', String(service), 'ports')}
        />
      )}
      <div class="columns">
        {ranges.data && <Ranges ranges={ranges.data} />}
        {check && (
          <section class="card" aria-label="Check a port">
            <h2>Is a port free?</h2>
            <Form operation={check} submit="Check" onDone={setChecked} />
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
      </div>
    </>
  )
}

const Ranges = ({ranges}: {ranges: Range[]}) => (
  <section class="card ranges" aria-label="Ranges">
    <h2>Ranges</h2>
    {ranges.map(({range, first, last, free, next}) => {
      const size = last - first + 1
      return (
        <div key={range}>
          <p>
            <strong>{range.replaceAll('_', ' ')}</strong>{' '}
            <span class="dim">
              {first} to {last}, {free} free, next {next ?? 'none'}
            </span>
          </p>
          <meter min={0} max={size} value={size - free} aria-label={`${range} in use`} />
        </div>
      )
    })}
  </section>
)
