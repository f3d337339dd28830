// A line chart over time; its colours are those of the page.
import {useEffect, useRef} from 'preact/hooks'
import uPlot from 'uplot'
import {paint} from './theme.ts'

export interface Line {
  label: string
  /** Name of a colour of the page, e.g. `accent`. */
  colour: string
  values: (number | null)[]
  fill?: boolean
}

const height = 180

/** Seconds that a chart shows at least. */
const shortest = 60

export function Chart({
  label,
  times,
  lines,
  unit,
}: {
  label: string
  times: number[]
  lines: Line[]
  unit: string
}) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | undefined>(undefined)
  const painted = paint.value
  useEffect(() => {
    const element = place.current
    if (!element) return undefined
    const colour = colourOf(element)
    const axis = {
      stroke: colour('dim'),
      grid: {stroke: colour('line'), width: 1},
      ticks: {show: false},
      font: '12px system-ui',
    }
    chart.current = new uPlot(
      {
        width: element.clientWidth,
        height,
        padding: [8, 24, 0, 0],
        legend: {show: false},
        cursor: {y: false, points: {size: 6}, drag: {x: false, y: false}},
        scales: {
          x: {range: (_, min, max) => [Math.min(min, max - shortest), max]},
          y: {range: (_, __, max) => [0, Math.max(1, max * 1.15)]},
        },
        axes: [
          {
            ...axis,
            size: 34,
            gap: 12,
            values: (_, ticks, __, ___, apart) => ticks.map(tick => clock(tick, apart < 60)),
          },
          {...axis, size: 64, values: (_, ticks) => ticks.map(tick => `${mark(tick)}${unit}`)},
        ],
        series: [
          {},
          ...lines.map(line => ({
            label: line.label,
            stroke: colour(line.colour),
            width: 1.5,
            points: {show: true, size: 4, filter: alone},
            spanGaps: false,
            ...(line.fill && {fill: colour(line.colour, 13)}),
          })),
        ],
      },
      points(times, lines),
      element,
    )
    const resize = new ResizeObserver(() => chart.current?.setSize({width: element.clientWidth, height}))
    resize.observe(element)
    return () => {
      resize.disconnect()
      chart.current?.destroy()
    }
  }, [painted, lines.length])
  useEffect(() => chart.current?.setData(points(times, lines)), [times])
  const latest = lines
    .map(({label: name, values}) => `${name} ${round(values.at(-1) ?? 0)}${unit}`)
    .join(', ')
  return (
    <figure class="chart">
      <figcaption>
        <span>{label}</span>
        <span class="legend">
          {lines.map(line => (
            <span key={line.label} class={`key ${line.colour}`}>
              {line.label}
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={place} role="img" aria-label={`${label}: now ${latest}`} />
    </figure>
  )
}

/** What a chart draws; one moment alone gets one before it, or the axis would be a day long. */
function points(times: number[], lines: Line[]): uPlot.AlignedData {
  const [first] = times
  if (times.length !== 1 || first === undefined) return [times, ...lines.map(({values}) => values)]
  return [[first - shortest, first], ...lines.map(({values}) => [null, ...values])]
}

/** A colour of the page as a canvas takes it, by name; `percent` of it. */
const colourOf =
  (element: HTMLElement) =>
  (name: string, percent = 100): string => {
    const probe = document.createElement('i')
    probe.style.color = `color-mix(in srgb, var(--${name}) ${percent}%, transparent)`
    element.append(probe)
    const {color} = getComputedStyle(probe)
    probe.remove()
    return color
  }

/** Points without a neighbour, which no line shows. */
const alone: uPlot.Series.Points.Filter = (chart, series) => {
  const values = chart.data[series] ?? []
  return [...values.keys()].filter(
    index => values[index] != null && values[index - 1] == null && values[index + 1] == null,
  )
}

const clock = (seconds: number, exact: boolean): string =>
  new Date(seconds * 1000).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(exact && {second: '2-digit'}),
  })

/** A number at the axis, where 0.25 and 0.75 are marked too. */
const mark = (value: number): string => (value < 1 ? String(Math.round(value * 100) / 100) : round(value))

export const round = (value: number): string =>
  value >= 1000 ? `${Math.round(value / 100) / 10}k` : String(Math.round(value * 10) / 10)

/** Milliseconds as people read them. */
export const duration = (ms: number): string =>
  ms < 1 ? '<1\u00a0ms' : ms < 1000 ? `${Math.round(ms)}\u00a0ms` : `${Math.round(ms / 100) / 10}\u00a0s`
