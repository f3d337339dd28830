// Small things that many pages show.
import type {ComponentChildren} from 'preact'
import {useState} from 'preact/hooks'
import type {Failure} from '../data/client.ts'
import {inLabels} from '../data/schema.ts'

/** Text of the contract: what stands in backticks is code, and fields are called as their labels. */
export const Prose = ({text}: {text: string}) => (
  <>
    {text
      .split('`')
      .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : inLabels(part)))}
  </>
)

export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

export const Problem = ({problem}: {problem: Failure['problem']}) => (
  <div class="notice bad" role="alert">
    <strong>{problem.title}</strong>
    <p>
      <Prose text={problem.detail} />
    </p>
    <p class="dim">
      <Prose text={sentence(problem.hint)} />
    </p>
  </div>
)

export function Copy({text, what = 'Copy'}: {text: string; what?: string}) {
  const [done, setDone] = useState(false)
  const copy = async (): Promise<void> => {
    await copyText(text)
    setDone(true)
    setTimeout(() => setDone(false), 1500)
  }
  return (
    <button type="button" class="quiet small" onClick={() => void copy()}>
      {done ? 'Copied' : what}
    </button>
  )
}

/** The clipboard is only for secure contexts; over plain HTTP a selection does. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}

/** Lines to paste somewhere. */
export const Snippet = ({text, label}: {text: string; label: string}) => (
  <div class="snippet">
    {/* oxlint-disable-next-line -- a region that scrolls must be reachable by keyboard */}
    <pre tabIndex={0} role="region" aria-label={label}>
      <code>{text}</code>
    </pre>
    <Copy text={text} />
  </div>
)

export const Badge = ({
  tone,
  children,
}: {
  tone?: 'good' | 'warn' | 'bad' | undefined
  children: ComponentChildren
}) => <span class={`badge ${tone ?? ''}`}>{children}</span>

const tones: Record<string, 'good' | 'warn' | 'bad'> = {
  ok: 'good',
  active: 'good',
  running: 'good',
  healthy: 'good',
  covered: 'good',
  completed: 'good',
  enabled: 'good',
  pending: 'warn',
  degraded: 'warn',
  starting: 'warn',
  creating: 'warn',
  restarting: 'warn',
  in_progress: 'warn',
  failed: 'bad',
  expired: 'bad',
  unhealthy: 'bad',
}
export const Status = ({value}: {value: string}) => (
  <Badge tone={tones[value]}>{value.replaceAll('_', ' ')}</Badge>
)

export const HttpStatus = ({status}: {status: number}) => (
  <Badge tone={status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'good'}>{status}</Badge>
)

/** Seconds of each unit, and from how many it is spoken of: certificates are counted in days. */
const units: [unit: Intl.RelativeTimeFormatUnit, length: number, from: number][] = [
  ['year', 31_536_000, 63_072_000],
  ['month', 2_592_000, 10_368_000],
  ['day', 86_400, 86_400],
  ['hour', 3600, 3600],
  ['minute', 60, 60],
  ['second', 1, 1],
]
const relative = new Intl.RelativeTimeFormat('en', {numeric: 'auto'})

/** A moment as people say it, in full on hover. */
export function Ago({time}: {time: string}) {
  const seconds = (Date.parse(time) - Date.now()) / 1000
  const [unit, size] = units.find(([, , from]) => Math.abs(seconds) >= from) ?? ['second', 1]
  return (
    <time dateTime={time} title={new Date(time).toLocaleString()}>
      {relative.format(Math.trunc(seconds / size), unit)}
    </time>
  )
}

export const Empty = ({title, children}: {title: string; children?: ComponentChildren}) => (
  <div class="empty">
    <h2>{title}</h2>
    {children}
  </div>
)

/** Stands where something will be; seen only when that takes a while. */
export const Loading = () => (
  <p class="dim loading" role="status">
    Loading…
  </p>
)

export function Heading({
  title,
  state,
  lead,
  children,
}: {
  title: ComponentChildren
  /** How it is, beside the title. */
  state?: ComponentChildren
  lead?: string
  children?: ComponentChildren
}) {
  return (
    <header class="heading">
      <div>
        <div class="state">
          <h1>{title}</h1>
          {state}
        </div>
        {lead !== undefined && <p class="dim">{lead}</p>}
      </div>
      <div class="actions">{children}</div>
    </header>
  )
}

const isFlat = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.values(value).every(one => typeof one !== 'object')

const yesNo = (value: boolean): string => (value ? 'yes' : 'no')

/** One of several things in a line: what is so is named, what is not is said to be missing. */
const inWords = (name: string, value: unknown): string =>
  typeof value === 'boolean' ? (value ? name : `no ${name}`) : `${name} ${value}`

/** Any value of a record, for reading. */
export function Value({name, value}: {name: string; value: unknown}) {
  if (value === undefined || value === null || value === '') return <span class="dim">–</span>
  if (typeof value === 'boolean') return <>{sentence(yesNo(value))}</>
  if (name === 'status' || name === 'state') return <Status value={String(value)} />
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return <Ago time={value} />
  if (Array.isArray(value)) {
    if (value.length === 0) return <span class="dim">none</span>
    if (value.every(item => typeof item !== 'object')) return <>{value.join(', ')}</>
  }
  if (Array.isArray(value) && value.every(isFlat)) {
    return (
      <ul>
        {value.map((one, index) => (
          <li key={index}>
            {Object.entries(one)
              .map(([key, one]) => inWords(key.replaceAll('_', ' '), one))
              .join(', ')}
          </li>
        ))}
      </ul>
    )
  }
  const entries = typeof value === 'object' ? Object.entries(value) : []
  if (entries.length > 0 && !Array.isArray(value) && entries.every(([, one]) => typeof one !== 'object')) {
    return (
      <ul>
        {entries.map(([key, one]) => (
          <li key={key}>
            <span class="dim">{key.replaceAll('_', ' ')}</span>{' '}
            {typeof one === 'boolean' ? yesNo(one) : String(one)}
          </li>
        ))}
      </ul>
    )
  }
  if (typeof value === 'object') return <pre class="json">{JSON.stringify(value, null, 2)}</pre>
  const text = String(value)
  if (!text.includes('\n')) return <>{text}</>
  return (
    <details>
      <summary>Show</summary>
      <Snippet label={name.replaceAll('_', ' ')} text={text} />
    </details>
  )
}
