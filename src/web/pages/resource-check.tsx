// Looking at a protected resource as a client does, and what a client holds.
import {useState} from 'preact/hooks'
import type {ProbeReport} from '../../core/contract/resource.ts'
import {all, can} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {nounAt} from '../data/nouns.tsx'
import {Problem} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {Steps} from '../parts/steps.tsx'
import {Table} from '../parts/table.tsx'
import {linkTo} from '../router.ts'

export function ResourceCheck({uri}: {uri: string}) {
  const [report, setReport] = useState<ProbeReport>()
  const validate = can('resource.validate')
  if (!validate) return null
  return (
    <section class="card" aria-label="Check">
      <h2>Look at it as a client does</h2>
      <p class="dim">
        Asks without a token, follows what the refusal says to the login, and with a token of yours makes a
        call.
      </p>
      <Form
        operation={validate}
        submit="Check"
        isQuestion
        params={{uri}}
        onDone={found => setReport(found as unknown as ProbeReport)}
      />
      {report && <Steps report={report} />}
    </section>
  )
}

export function ClientTokens({id}: {id: string}) {
  const list = can('oauth.client.tokens')
  const {data, problem} = useLive(async () => (list ? all(list, {params: {client_id: id}}) : []), [], [id], 5)
  if (problem) return <Problem problem={problem} />
  if (data?.length === 0) return <p class="dim">It holds no access token now.</p>
  return data ? (
    <Table
      label="Access tokens"
      rows={data}
      columns={nounAt('oauth-tokens')?.columns ?? []}
      keyOf={({jti}) => String(jti)}
      href={({jti}) => linkTo('oauth-tokens', String(jti))}
    />
  ) : null
}
