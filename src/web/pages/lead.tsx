// What stands above the fields of a record, where a kind of record has more to say.
import type {Certificate} from '../../core/contract/certificate.ts'
import {systemOperations} from '../../core/contract/system.ts'
import {call, type Document} from '../data/client.ts'
import {usePolled} from '../data/live.ts'
import type {Noun} from '../data/nouns.tsx'
import {Badge} from '../parts/bits.tsx'
import {Charts, Figures} from './figures.tsx'
import {Issuing, ProxyIssuing, Uncovered} from './issuing.tsx'
import {ServiceLead} from './service-lead.tsx'

export function Lead({noun, record}: {noun: Noun; record: Document}) {
  if (noun.noun === 'proxy') return <ProxyTraffic record={record} />
  if (noun.noun === 'certificate') return <Issuing certificate={record as Certificate} />
  if (noun.noun === 'service') return <ServiceLead record={record} />
  return null
}

function ProxyTraffic({record}: {record: Document}) {
  const proxy = String(record['hostname'])
  const history = usePolled(() => call(systemOperations.statsHistory, {query: {proxy}}), 5, [proxy])
  const upstream = record['upstream'] as {url: string; healthy: boolean; detail: string} | undefined
  return (
    <>
      <Uncovered record={record} />
      <ProxyIssuing record={record} />
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
