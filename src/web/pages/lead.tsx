// What stands above the fields of a record, where a kind of record has more to say.
import {systemOperations} from '../../core/contract/system.ts'
import {call, can, type Document} from '../data/client.ts'
import {usePolled} from '../data/live.ts'
import type {Noun} from '../data/nouns.tsx'
import {Ago, Badge, Prose, sentence} from '../parts/bits.tsx'
import {Charts, Figures} from './figures.tsx'

export function Lead({noun, record}: {noun: Noun; record: Document}) {
  if (noun.noun === 'proxy') return <ProxyTraffic record={record} />
  if (noun.noun === 'certificate') return <Issuing record={record} />
  if (noun.noun === 'service') return <Usage name={String(record['service_name'])} />
  return null
}

function ProxyTraffic({record}: {record: Document}) {
  const proxy = String(record['hostname'])
  const history = usePolled(() => call(systemOperations.statsHistory, {query: {proxy}}), 5, [proxy])
  const upstream = record['upstream'] as {url: string; healthy: boolean; detail: string} | undefined
  return (
    <>
      {upstream && (
        <p class="state">
          <Badge tone={upstream.healthy ? 'good' : 'bad'}>
            {upstream.healthy ? 'upstream answers' : 'upstream does not answer'}
          </Badge>
          <span class="dim">
            {upstream.url} {upstream.detail}
          </span>
        </p>
      )}
      {history && <Figures points={history.points} step={history.step} />}
      {history && <Charts points={history.points} step={history.step} />}
    </>
  )
}

const steps = ['queued', 'preflight', 'account', 'order', 'challenge', 'validation', 'issue', 'done']

interface Generation {
  state: string
  step: string
  detail: string
  attempts: number
  problem?: {detail?: string; type?: string}
  remedy?: string
  next_try_at?: string
}

/** Order → challenge → issued → renewal, and the words of the CA where it stopped. */
function Issuing({record}: {record: Document}) {
  const {state, step, detail, problem, remedy, next_try_at} = record['generation'] as Generation
  const renewal = record['renewal'] as {at: string} | undefined
  const at = steps.indexOf(step)
  return (
    <section class="card" aria-label="Issuing">
      <h2>Issuing</h2>
      <ol class="timeline">
        {steps.map((one, index) => {
          const look =
            index < at || state === 'completed'
              ? 'past'
              : index > at
                ? ''
                : state === 'failed'
                  ? 'bad'
                  : 'now'
          return (
            <li key={one} class={look} aria-current={look === 'now' || look === 'bad' ? 'step' : undefined}>
              {one}
            </li>
          )
        })}
        {renewal && (
          <li>
            renewal <Ago time={renewal.at} />
          </li>
        )}
      </ol>
      <p>
        <Prose text={sentence(detail)} />
      </p>
      {problem && (
        <div class="notice bad">
          <strong>The CA says</strong>
          <p>{problem.detail ?? problem.type}</p>
          {remedy !== undefined && <p>{sentence(remedy)}</p>}
          {next_try_at !== undefined && (
            <p>
              Tried again <Ago time={next_try_at} />
            </p>
          )}
        </div>
      )}
    </section>
  )
}

const mebibytes = (bytes: unknown): string => `${Math.round(Number(bytes) / 1_048_576)} MiB`

function Usage({name}: {name: string}) {
  const stats = can('service.stats')
  const used = usePolled(
    async () => (stats ? ((await call(stats, {params: {service_name: name}})) as Document) : {}),
    5,
    [name],
  )
  if (!used) return null
  const cell = (label: string, value: string) => (
    <div class="figure">
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
  return (
    <dl class="figures">
      {cell('CPU', `${used['cpu_percent']} %`)}
      {cell('Memory', `${mebibytes(used['memory_used'])} of ${mebibytes(used['memory_limit'])}`)}
      {cell('Network in', mebibytes(used['network_rx']))}
      {cell('Network out', mebibytes(used['network_tx']))}
    </dl>
  )
}
