// The authorization server: whether logins work, its figures, its keys, and a look at any MCP server.
import {useState} from 'preact/hooks'
import type {OAuthHealth, OAuthMetrics} from '../../core/contract/oauth.ts'
import type {ProbeReport} from '../../core/contract/resource.ts'
import {all, call, can} from '../data/client.ts'
import {useLive, usePolled} from '../data/live.ts'
import {Ago, Badge, Heading, Problem} from '../parts/bits.tsx'
import {Confirm} from '../parts/dialog.tsx'
import {Form} from '../parts/form.tsx'
import {Steps} from '../parts/steps.tsx'
import {Table} from '../parts/table.tsx'
import {title} from '../parts/title.ts'
import {attempt, toast} from '../parts/toasts.tsx'

export function OAuth() {
  title('OAuth')
  const [health, metrics, test] = [can('oauth.health'), can('oauth.metrics'), can('oauth.test')]
  const state = useLive(async () => (health ? ((await call(health)) as OAuthHealth) : undefined), [], [])
  const figures = usePolled(
    async () => (metrics ? ((await call(metrics)) as OAuthMetrics) : undefined),
    5,
    [],
  )
  const [report, setReport] = useState<ProbeReport>()
  return (
    <>
      <Heading title="OAuth" lead="The authorization server of this mcpx" />
      {state.problem && <Problem problem={state.problem} />}
      {figures && <Metrics metrics={figures} />}
      {state.data && (
        <section class="card" aria-label="Health">
          <h2>
            Logins{' '}
            <Badge tone={state.data.ok ? 'good' : 'warn'}>{state.data.ok ? 'work' : 'need attention'}</Badge>
          </h2>
          <p>
            Issuer <code>{state.data.issuer}</code>, logins by {state.data.logins.join(', ') || 'nothing yet'}
          </p>
          <dl class="facts">
            {state.data.checks.map(({name, ok, detail, hint}) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <Badge tone={ok ? 'good' : 'bad'}>{ok ? 'ok' : 'not ok'}</Badge> {detail}
                  {!ok && hint !== undefined && <p class="hint">{hint}</p>}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {can('oauth.key.list') && <SigningKeys />}
      {test && (
        <section class="card" aria-label="Test a server">
          <h2>Look at an MCP server as a client does</h2>
          <Form
            operation={test}
            isQuestion
            submit="Look"
            onDone={found => setReport(found as unknown as ProbeReport)}
          />
          {report && <Steps report={report} />}
        </section>
      )}
    </>
  )
}

const shown: [field: keyof Omit<OAuthMetrics, 'refused'>, label: string][] = [
  ['clients', 'Clients'],
  ['clients_active', 'Clients in use'],
  ['sessions', 'Logins'],
  ['access_tokens', 'Access tokens'],
  ['issued', 'Tokens issued so far'],
  ['revocations', 'Revoked tokens'],
]

function Metrics({metrics}: {metrics: OAuthMetrics}) {
  const refused = Object.entries(metrics.refused).toSorted(([, one], [, other]) => other - one)
  return (
    <section class="card" aria-label="Figures">
      <h2>Figures</h2>
      <dl class="figures">
        {shown.map(([field, label]) => (
          <div key={field} class="figure">
            <dt>{label}</dt>
            <dd>{metrics[field]}</dd>
          </div>
        ))}
      </dl>
      {refused.length > 0 && (
        <>
          <h3>Refused since the first start</h3>
          <ul class="lines">
            {refused.slice(0, 10).map(([what, count]) => (
              <li key={what}>
                <span class="cut">{what}</span>
                <span class="dim">{count}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function SigningKeys() {
  const [list, rotate] = [can('oauth.key.list'), can('oauth.key.rotate')]
  const {data, reload} = useLive(async () => (list ? all(list) : []), ['signing_key'], [])
  const [asking, setAsking] = useState(false)
  const turn = (): Promise<void> => {
    setAsking(false)
    return attempt(async () => {
      if (rotate) await call(rotate)
      toast('New tokens are signed with a new key')
      await reload()
    })
  }
  return (
    <section class="card" aria-label="Signing keys">
      <h2>Signing keys</h2>
      {data && (
        <Table
          plain
          label="Signing keys"
          rows={data}
          columns={[
            {field: 'kid', label: 'Key'},
            {field: 'alg', label: 'Algorithm', wide: true},
            {
              field: 'created_at',
              label: 'Made',
              wide: true,
              show: ({created_at: time}) => <Ago time={String(time)} />,
            },
            {
              field: 'current',
              label: 'State',
              show: ({current}) => (current ? <Badge tone="good">current</Badge> : 'retired'),
            },
          ]}
          keyOf={({kid}) => String(kid)}
        />
      )}
      {rotate && (
        <div class="buttons">
          <button type="button" onClick={() => setAsking(true)}>
            New key…
          </button>
        </div>
      )}
      {asking && (
        <Confirm
          title="Sign with a new key?"
          text="Tokens signed so far hold until they end. The old key signs no more; this cannot be undone."
          typed="new key"
          action="Make it"
          onConfirm={() => void turn()}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  )
}
