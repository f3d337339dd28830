// The authorization server: whether logins work, its figures, its keys, and a look at any MCP server.
import {useState} from 'preact/hooks'
import type {OAuthHealth} from '../../core/contract/oauth.ts'
import {all, call, can, type Document, problemIn} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {labelOf} from '../data/schema.ts'
import {Ago, Badge, Heading, Problem, Value} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {Table} from '../parts/table.tsx'
import {title} from '../parts/title.ts'
import {toast} from '../parts/toasts.tsx'

export function OAuth() {
  title('OAuth')
  const [health, metrics, test] = [can('oauth.health'), can('oauth.metrics'), can('oauth.test')]
  const state = useLive(async () => (health ? ((await call(health)) as OAuthHealth) : undefined), [], [])
  const figures = useLive(async () => (metrics ? ((await call(metrics)) as Document) : undefined), [], [])
  const [report, setReport] = useState<Document>()
  return (
    <>
      <Heading title="OAuth" lead="The authorization server of this mcpx" />
      {state.problem && <Problem problem={state.problem} />}
      {figures.data && <Facts label="Figures" facts={figures.data} />}
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
          <Form operation={test} submit="Look" onDone={setReport} />
          {report && <Facts label="Report" facts={report} />}
        </section>
      )}
    </>
  )
}

const Facts = ({label, facts}: {label: string; facts: Document}) => (
  <section class="card" aria-label={label}>
    <h2>{label}</h2>
    <dl class="facts">
      {Object.entries(facts).map(([name, value]) => (
        <div key={name}>
          <dt>{labelOf(name)}</dt>
          <dd>
            <Value name={name} value={value} />
          </dd>
        </div>
      ))}
    </dl>
  </section>
)

function SigningKeys() {
  const [list, rotate] = [can('oauth.key.list'), can('oauth.key.rotate')]
  const {data, reload} = useLive(async () => (list ? all(list) : []), ['signing_key'], [])
  const turn = async (): Promise<void> => {
    try {
      if (rotate) await call(rotate)
      toast('New tokens are signed with a new key')
      await reload()
    } catch (error) {
      toast(problemIn(error).detail, {tone: 'bad'})
    }
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
            {field: 'created_at', label: 'Made', show: ({created_at: time}) => <Ago time={String(time)} />},
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
          <button type="button" onClick={() => void turn()}>
            New key
          </button>
        </div>
      )}
    </section>
  )
}
