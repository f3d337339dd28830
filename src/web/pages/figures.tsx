// Figures and charts of what was served, for all proxies or one.
import type {StatsPoint} from '../../core/contract/system.ts'
import {Chart, duration, round} from '../parts/chart.tsx'

/** Points that make up the last minute. */
const minute = 12

export function Figures({points, step}: {points: StatsPoint[]; step: number}) {
  const recent = points.slice(-minute)
  const requests = recent.reduce((sum, point) => sum + point.requests, 0)
  const errors = recent.reduce((sum, point) => sum + point.errors, 0)
  const slow = recent.flatMap(({p95_ms}) => (p95_ms === null ? [] : [p95_ms]))
  const cell = (label: string, value: string, tone = '') => (
    <div class={`figure ${tone}`}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
  return (
    <dl class="figures" aria-label="The last minute">
      {cell('Requests a second, last minute', round(requests / (minute * step)))}
      {cell(
        'Errors, last minute',
        requests === 0 ? '–' : `${round((errors / requests) * 100)} %`,
        errors > 0 ? 'bad' : '',
      )}
      {cell('95 % answered within', slow.length === 0 ? '–' : duration(Math.max(...slow)))}
      {cell('Requests, last half hour', String(points.reduce((sum, point) => sum + point.requests, 0)))}
    </dl>
  )
}

export function Charts({points, step}: {points: StatsPoint[]; step: number}) {
  const times = points.map(({time}) => time)
  return (
    <div class="columns">
      <Chart
        label="Requests a second"
        times={times}
        unit=""
        lines={[
          {label: 'all', colour: 'accent', fill: true, values: points.map(({requests}) => requests / step)},
          {label: 'errors', colour: 'bad', values: points.map(({errors}) => errors / step)},
        ]}
      />
      <Chart
        label="Time to answer"
        times={times}
        unit=" ms"
        lines={[
          {label: 'median', colour: 'accent', values: points.map(({p50_ms}) => p50_ms)},
          {label: '95 %', colour: 'warn', values: points.map(({p95_ms}) => p95_ms)},
        ]}
      />
    </div>
  )
}
