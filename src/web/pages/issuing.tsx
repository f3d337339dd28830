// How a certificate comes to be: order → challenge → issued → renewal, and the words of the CA where it stopped.
import {type Certificate, type Coverage, steps as order} from '../../core/contract/certificate.ts'
import {call, can, type Document} from '../data/client.ts'
import {type Step, stepsOf} from '../data/issuing.ts'
import {useLive} from '../data/live.ts'
import {Ago, Badge, Prose, sentence} from '../parts/bits.tsx'
import {linkTo} from '../router.ts'

type Look = 'past' | 'now' | 'bad' | ''

function lookOf(step: Step, {state, step: current}: Certificate['generation']): Look {
  const [mine, at] = [order.indexOf(step), order.indexOf(current)]
  if (mine < at || state === 'completed') return 'past'
  if (mine > at) return ''
  return state === 'failed' ? 'bad' : 'now'
}

const said: Record<Look, string> = {past: 'done', now: 'under way', bad: 'failed', '': 'to come'}

export function Issuing({certificate}: {certificate: Certificate}) {
  const {generation, renewal, issuer, staging} = certificate
  const {step, detail, problem, remedy, next_try_at, state} = generation
  return (
    <section class="card" aria-label="Issuing">
      <h2>
        Issuing {staging && <Badge tone="warn">staging: browsers do not trust it</Badge>}
        {issuer === 'internal' && <Badge>by the CA of this mcpx</Badge>}
      </h2>
      <ol class="timeline">
        {stepsOf(certificate).map(([one, label]) => {
          const look = lookOf(one, generation)
          return (
            <li key={one} class={look} aria-current={look === 'now' || look === 'bad' ? 'step' : undefined}>
              <span>{label}</span>
              <span class="dim">
                {one === 'issue' && look === 'past' ? <Ago time={generation.started_at} /> : said[look]}
              </span>
            </li>
          )
        })}
        {issuer === 'imported' && (
          <li>
            <span>renewal</span>
            <span class="dim">not by mcpx</span>
          </li>
        )}
        {renewal && (
          <li>
            <span>renewal</span>
            <span class="dim">
              <Ago time={renewal.at} />
              {renewal.source === 'ari' && ', as the CA wishes'}
            </span>
          </li>
        )}
      </ol>
      <p role="status">
        <Prose text={issuer === 'imported' ? 'Import another before it expires' : sentence(detail)} />
      </p>
      {problem && state === 'failed' && (
        <div class="notice bad">
          <strong>{step === 'preflight' ? 'Found before the CA was asked' : 'The CA says'}</strong>
          <p>{String(problem['detail'] ?? problem['type'])}</p>
          {remedy !== undefined && (
            <p>
              <Prose text={sentence(remedy)} />
            </p>
          )}
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

/** That a proxy has no certificate, why, and how to get one; nothing where there is one, or one is on its way. */
export function Uncovered({record}: {record: Document}) {
  const {status, detail, remedy} = (record['coverage'] ?? {}) as Partial<Coverage>
  if (status !== 'none' || detail === undefined) return null
  return (
    <div class="notice warn">
      <strong>No certificate</strong>
      <p>
        <Prose text={sentence(detail)} />
      </p>
      {remedy !== undefined && (
        <p>
          <Prose text={sentence(remedy)} /> Or{' '}
          <a href={linkTo('proxies', String(record['hostname']), 'certificate')}>ask for one here</a>.
        </p>
      )}
    </div>
  )
}

/** Milliseconds after which what went well needs no saying. */
const fresh = 10 * 60_000

/** The certificate of a proxy while it comes to be, and for a while after; nothing where all is well. */
export function ProxyIssuing({record}: {record: Document}) {
  const show = can('cert.show')
  const cert_name = String(record['certificate'] ?? record['hostname'])
  const {data} = useLive(
    async () => (show ? ((await call(show, {params: {cert_name}})) as Certificate) : undefined),
    ['certificate'],
    [cert_name],
  )
  if (!data || record['enable_https'] === false) return null
  const done = data.generation.state === 'completed'
  if (done && Date.now() - Date.parse(data.generation.started_at) > fresh) return null
  return <Issuing certificate={data} />
}
