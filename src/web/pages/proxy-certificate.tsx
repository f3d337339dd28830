// With which certificate a proxy is served, and how to get or choose one.
import {can, type Document} from '../data/client.ts'
import {useSuggestions} from '../data/suggest.ts'
import {Form} from '../parts/form.tsx'
import {toast} from '../parts/toasts.tsx'
import {go, linkTo} from '../router.ts'

export function ProxyCertificate({record}: {record: Document}) {
  const suggest = useSuggestions()
  const [generate, attach] = [can('proxy.cert.generate'), can('proxy.cert.attach')]
  const params = {hostname: record['hostname']}
  const name = record['certificate'] as string | undefined
  return (
    <>
      <p>
        {name === undefined ? (
          'Served with any certificate that fits its name.'
        ) : (
          <>
            Served with <a href={linkTo('certificates', name)}>{name}</a>.
          </>
        )}
      </p>
      {generate && (
        <section aria-label="New certificate">
          <h2>Ask for a certificate</h2>
          <Form
            operation={generate}
            submit="Ask for certificate"
            params={params}
            featured={['email', 'staging']}
            onDone={({cert_name}) => go(linkTo('certificates', String(cert_name)))}
          />
        </section>
      )}
      {attach && (
        <section aria-label="Existing certificate">
          <h2>Use one that exists</h2>
          <Form
            operation={attach}
            submit="Use it"
            params={params}
            suggest={(_, inputs) => suggest('certificate', inputs)}
            onDone={() => toast('Saved')}
          />
        </section>
      )}
    </>
  )
}
