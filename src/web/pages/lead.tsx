// What stands above the fields of a record, where a kind of record has more to say.
import type {Certificate, Coverage} from '../../core/contract/certificate.ts'
import {systemOperations} from '../../core/contract/system.ts'
import {call, type Document} from '../data/client.ts'
import {usePolled} from '../data/live.ts'
import {accessText, type Noun} from '../data/nouns.tsx'
import {Ago, Badge, Status, sentence} from '../parts/bits.tsx'
import {type Fact, Facts} from '../parts/facts.tsx'
import {linkTo} from '../router.ts'
import {Charts, Figures} from './figures.tsx'
import {Issuing, ProxyIssuing, Uncovered} from './issuing.tsx'
import {addressOf} from './proxy-connect.tsx'
import {ServiceLead} from './service-lead.tsx'
import {UsedBy} from './used-by.tsx'

export function Lead({noun, record}: {noun: Noun; record: Document}) {
  if (noun.noun === 'proxy') return <ProxyTraffic record={record} />
  if (noun.noun === 'certificate') return <Issuing certificate={record as Certificate} />
  if (noun.noun === 'service') return <ServiceLead record={record} />
  if (noun.noun === 'instance') return <UsedBy instance={String(record['name'])} />
  return null
}

function ProxyTraffic({record}: {record: Document}) {
  const proxy = String(record['hostname'])
  const history = usePolled(() => call(systemOperations.statsHistory, {query: {proxy}}), 5, [proxy])
  const upstream = record['upstream'] as {url: string; healthy: boolean; detail: string} | undefined
  const coverage = record['coverage'] as Coverage | undefined
  const hostname = String(record['hostname'])
  const part = (path: string, text: string) => <a href={linkTo('proxies', hostname, path)}>{text}</a>
  const glance: Fact[] = [
    [
      'Address',
      <a href={addressOf(hostname)} target="_blank" rel="noreferrer">
        {addressOf(hostname)}
      </a>,
    ],
    [
      'Goes to',
      upstream && (
        <>
          {upstream.url}{' '}
          <Badge tone={upstream.healthy ? 'good' : 'bad'}>
            {upstream.healthy ? 'upstream answers' : 'upstream does not answer'}
          </Badge>
          {!upstream.healthy && <span class="dim"> {upstream.detail}</span>}
        </>
      ),
    ],
    ['Who may use it', part('protection', sentence(accessText(record)))],
    [
      'Certificate',
      coverage && (
        <>
          {part('certificate', coverage.cert_name ?? 'none')} <Status value={coverage.status} />
          {coverage.expires_at !== undefined && (
            <span class="dim">
              {' '}
              ends <Ago time={coverage.expires_at} />
            </span>
          )}
        </>
      ),
    ],
  ]
  return (
    <>
      <Facts kind="glance" label="At a glance" facts={glance} />
      <Uncovered record={record} />
      <ProxyIssuing record={record} />
      {history && <Figures points={history.points} step={history.step} />}
      {history && <Charts points={history.points} step={history.step} />}
    </>
  )
}
