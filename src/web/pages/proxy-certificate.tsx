// With which certificate a proxy is served, and how to get or choose another.
import type {Certificate, Coverage} from '../../core/contract/certificate.ts'
import {call, can, type Document} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {useSuggestions} from '../data/suggest.ts'
import {Ago, Status} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {toast} from '../parts/toasts.tsx'
import {go, linkTo} from '../router.ts'
import {Issuing, Uncovered} from './issuing.tsx'

/** Forms of the tab: operation, heading, button, fields in sight, and what follows. */
const ways = [
  ['proxy.cert.generate', 'Ask for a certificate', 'Ask for certificate', ['email', 'staging']],
  ['proxy.cert.attach', 'Use one that exists', 'Use it', ['cert_name']],
] as const

export function ProxyCertificate({record}: {record: Document}) {
  const suggest = useSuggestions()
  const done = ({cert_name}: Document): void => {
    if (cert_name === undefined) toast('Saved')
    else go(linkTo('certificates', String(cert_name)))
  }
  return (
    <>
      <Uncovered record={record} />
      <Served record={record} />
      {ways.map(([id, heading, submit, featured]) => {
        const operation = can(id)
        return operation ? (
          <details key={id} class="fold" open={isOpen(record) && id === 'proxy.cert.generate'}>
            <summary>{heading}</summary>
            <Form
              operation={operation}
              submit={submit}
              ids={id.replaceAll('.', '-')}
              params={{hostname: record['hostname']}}
              featured={featured}
              suggest={(_, inputs) =>
                id === 'proxy.cert.attach' ? suggest('certificate', inputs) : undefined
              }
              onDone={done}
            />
          </details>
        ) : null
      })}
    </>
  )
}

/** Whether there is nothing to show yet, so that the way to a certificate stands open. */
const isOpen = (record: Document): boolean => (record['coverage'] as Coverage | undefined)?.status === 'none'

/** The certificate it shows, and how that came to be. */
function Served({record}: {record: Document}) {
  const {cert_name, status, expires_at} = (record['coverage'] ?? {}) as Partial<Coverage>
  const show = can('cert.show')
  const {data} = useLive(
    async () => (show && cert_name ? ((await call(show, {params: {cert_name}})) as Certificate) : undefined),
    ['certificate'],
    [cert_name],
  )
  if (cert_name === undefined || status === undefined) return null
  return (
    <>
      <p class="state">
        <span>
          Served with <a href={linkTo('certificates', cert_name)}>{cert_name}</a>
          {record['certificate'] === undefined && ', which fits its name'}
        </span>
        <Status value={status} />
        {expires_at !== undefined && (
          <span class="dim">
            ends <Ago time={expires_at} />
          </span>
        )}
      </p>
      {data && <Issuing certificate={data} />}
    </>
  )
}
