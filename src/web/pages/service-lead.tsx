// A service at a glance: how its start goes, why it failed, what it uses.
import {useEffect, useRef, useState} from 'preact/hooks'
import type {ProgressEvent, ServiceStats} from '../../core/contract/service.ts'
import {call, can, type Document, follow} from '../data/client.ts'
import {returns, usePolled} from '../data/live.ts'
import {Chart} from '../parts/chart.tsx'
import {addLine, emptyLog, Log, type LogLines} from '../parts/log.tsx'

export function ServiceLead({record}: {record: Document}) {
  const name = String(record['service_name'])
  const lines = record['last_lines'] as string[] | undefined
  const unsettled = record['wanted'] === 'running' && record['status'] !== 'running'
  return (
    <>
      {typeof record['reason'] === 'string' && (
        <div class="notice bad">
          <strong>It does not run as it should</strong>
          <p>{record['reason']}</p>
          {lines && lines.length > 0 && <pre class="json">{lines.join('\n')}</pre>}
        </div>
      )}
      <Progress
        key={String(record['created_at'])}
        name={name}
        unsettled={unsettled}
        underWay={unsettled && record['status'] !== 'failed'}
      />
      {record['status'] === 'running' && <Usage name={name} />}
    </>
  )
}

/** What the pull, the build and mcpx say until the service runs; stays to be read afterwards. */
function Progress({name, unsettled, underWay}: {name: string; unsettled: boolean; underWay: boolean}) {
  const [lines, setLines] = useState<LogLines>(emptyLog)
  useEffect(() => {
    const operation = can('service.progress')
    if (!unsettled || !operation) return undefined
    const stop = new AbortController()
    const run = async (): Promise<void> => {
      const events = follow(operation, {params: {service_name: name}, signal: stop.signal})
      for await (const event of events) {
        const {text, reason} = event as ProgressEvent
        setLines(known =>
          addLine(known, reason === undefined || text.includes(reason) ? text : `${text}: ${reason}`),
        )
      }
    }
    // It may have been deleted meanwhile; the page tells.
    run().catch(() => {})
    return () => stop.abort()
  }, [name, unsettled, returns.value])
  if (lines.texts.length === 0) return null
  return (
    <section aria-label="Progress">
      <h2>{underWay ? 'Starting…' : 'How it started'}</h2>
      <Log label={`Progress of ${name}`} lines={lines} />
    </section>
  )
}

/** Points of the charts; five minutes. */
const kept = 100
const every = 3

interface Point extends ServiceStats {
  time: number
}

function Usage({name}: {name: string}) {
  const stats = can('service.stats')
  const points = useRef<Point[]>([])
  const shown = usePolled(
    async gone => {
      if (!stats) return []
      const found = (await call(stats, {params: {service_name: name}, signal: gone})) as ServiceStats
      points.current = [...points.current, {...found, time: Date.now() / 1000}].slice(-kept)
      return points.current
    },
    every,
    [name],
  )
  const now = shown?.at(-1)
  if (!shown || !now) return null
  const cell = (label: string, value: string) => (
    <div class="figure">
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
  const chart = (label: string, unit: string, of: (point: Point) => number) => (
    <Chart
      label={label}
      unit={unit}
      times={shown.map(({time}) => time)}
      lines={[{label: 'now', colour: 'accent', fill: true, values: shown.map(of)}]}
    />
  )
  return (
    <>
      <dl class="figures">
        {cell('CPU', now.cpu_percent === undefined ? '–' : `${now.cpu_percent} %`)}
        {cell(`Memory of ${mebibytes(now.memory_limit)} MiB`, `${mebibytes(now.memory_used)} MiB`)}
        {cell('Network in', `${mebibytes(now.network_rx)} MiB`)}
        {cell('Network out', `${mebibytes(now.network_tx)} MiB`)}
      </dl>
      <div class="columns">
        {chart('CPU', ' %', ({cpu_percent = 0}) => cpu_percent)}
        {chart('Memory', ' MiB', ({memory_used}) => memory_used / mebi)}
      </div>
    </>
  )
}

const mebi = 1_048_576
const mebibytes = (bytes: number): number => Math.round((bytes / mebi) * 10) / 10
