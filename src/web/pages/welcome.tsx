// From nothing to a published server in three steps: name and upstream, who may use it, how to connect.
import {useState} from 'preact/hooks'
import {proxyOperations} from '../../core/contract/proxy.ts'
import {call, can, type Document, type Failure, problemIn} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {asField} from '../data/schema.ts'
import {Heading, Problem} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {title} from '../parts/title.ts'
import {go, linkTo} from '../router.ts'
import {ProxyIssuing} from './issuing.tsx'
import {Clients, Test} from './proxy-connect.tsx'

const steps = [
  ['', 'Name it'],
  ['protect', 'Who may use it'],
  ['done', 'Connect'],
] as const
type Step = (typeof steps)[number][0]

export function Welcome({hostname, step}: {hostname: string | undefined; step: string | undefined}) {
  title('Publish something')
  const at: Step = hostname === undefined ? '' : step === 'done' ? 'done' : 'protect'
  return (
    <>
      <Heading title="Publish something" />
      <ol class="progress" aria-label="Steps">
        {steps.map(([path, label], index) => (
          <li key={path} aria-current={path === at ? 'step' : undefined}>
            {index + 1}. {label}
          </li>
        ))}
      </ol>
      {hostname === undefined && <Name />}
      {hostname !== undefined && <Named hostname={hostname} isDone={at === 'done'} />}
    </>
  )
}

const asked = ['hostname', 'target_url']
const hidden = Object.keys(asField(proxyOperations.create.body).properties ?? {}).filter(
  name => !asked.includes(name),
)

const Name = () => (
  <section class="wizard" aria-label="Name it">
    <p class="dim">
      Something runs on this machine or your network. Give it a public name; a name that ends in{' '}
      <code>.localhost</code> works on this machine right away, and any other once its DNS leads here.
    </p>
    <Form
      operation={proxyOperations.create}
      submit="Go on"
      hidden={hidden}
      onDone={({hostname}) => go(linkTo('welcome', String(hostname)))}
      onCancel={() => go('/')}
    />
  </section>
)

type Who = 'mcp' | 'public-mcp' | 'login' | 'open'

const choices: readonly [who: Who, label: string, text: string][] = [
  [
    'mcp',
    'An MCP server, behind a login',
    'MCP clients log people in by themselves, at the login of this mcpx.',
  ],
  ['public-mcp', 'An MCP server, for anybody', 'No login; whoever knows the address can use its tools.'],
  ['login', 'A website, behind a login', 'Browsers are sent to the login page first.'],
  ['open', 'A website, for anybody', 'No login; whoever knows the address sees it.'],
]

function Protect({hostname}: {hostname: string}) {
  const [who, setWho] = useState<Who>('mcp')
  const [endpoint, setEndpoint] = useState('/mcp')
  const [problem, setProblem] = useState<Failure['problem']>()
  const [busy, setBusy] = useState(false)
  const isMcp = who === 'mcp' || who === 'public-mcp'
  const save = async (): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    const [mcp, auth] = [can('proxy.mcp.enable'), can('proxy.auth.enable')]
    const params = {hostname}
    try {
      if (isMcp && mcp) await call(mcp, {params, body: {endpoint, public: who === 'public-mcp'}})
      if (who === 'login' && auth) await call(auth, {params, body: {mode: 'redirect'}})
      go(linkTo('welcome', hostname, 'done'))
    } catch (error) {
      setProblem(problemIn(error))
      setBusy(false)
    }
  }
  return (
    <form
      class="form wizard"
      aria-label="Who may use it"
      onSubmit={event => {
        event.preventDefault()
        void save()
      }}
    >
      {problem && <Problem problem={problem} />}
      <fieldset class="choice">
        <legend class="label">Who may use {hostname}?</legend>
        {choices.map(([value, label, text]) => (
          <label key={value}>
            <input type="radio" name="who" checked={who === value} onChange={() => setWho(value)} />
            <span>
              <strong>{label}</strong>
              <br />
              <span class="dim">{text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {isMcp && (
        <div class="field">
          <label class="label" for="endpoint">
            Path of its MCP endpoint
          </label>
          <input
            id="endpoint"
            required
            pattern="/.*"
            title="A path, such as /mcp"
            value={endpoint}
            onInput={event => setEndpoint(event.currentTarget.value)}
          />
        </div>
      )}
      <div class="buttons">
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Working…' : 'Go on'}
        </button>
        <a href={linkTo('proxies', hostname)}>Decide later</a>
      </div>
    </form>
  )
}

/** What follows once there is a proxy. */
function Named({hostname, isDone}: {hostname: string; isDone: boolean}) {
  const {data, problem} = useLive(
    async () => (await call(proxyOperations.show, {params: {hostname}})) as Document,
    ['proxy'],
    [hostname],
  )
  if (problem) return <Problem problem={problem} />
  if (!data) return null
  return isDone ? <Done hostname={hostname} data={data} /> : <Protect hostname={hostname} />
}

function Done({hostname, data}: {hostname: string; data: Document}) {
  const {endpoint = '/mcp'} = (data['mcp'] ?? {}) as {endpoint?: string}
  return (
    <>
      <p>
        <strong>{hostname}</strong> is published. Everything about it is on{' '}
        <a href={linkTo('proxies', hostname)}>its page</a>.
      </p>
      <ProxyIssuing record={data} />
      <Test hostname={hostname} />
      <Clients hostname={hostname} endpoint={endpoint} />
    </>
  )
}
