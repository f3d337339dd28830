// How to use a proxy: whether it answers now, and what to paste into which client.
import {useState} from 'preact/hooks'
import {isLoopback} from '../../core/connect.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'
import type {ProbeReport} from '../../core/contract/resource.ts'
import {call, type Document, type Failure, problemIn} from '../data/client.ts'
import {Act} from '../parts/act.tsx'
import {Problem, Snippet} from '../parts/bits.tsx'
import {Steps} from '../parts/steps.tsx'

/** Where a proxy answers, seen from this browser: on the port of the console. */
export const addressOf = (hostname: string): string =>
  `${location.protocol}//${hostname}${location.port ? `:${location.port}` : ''}`

export function Connect({record}: {record: Document}) {
  const hostname = String(record['hostname'])
  const endpoint = (record['mcp'] as {endpoint?: string} | undefined)?.endpoint ?? '/mcp'
  return (
    <>
      <Test hostname={hostname} />
      <Clients hostname={hostname} endpoint={endpoint} />
    </>
  )
}

/** What to paste into which client. */
export const Clients = ({hostname, endpoint}: {hostname: string; endpoint: string}) => (
  <section aria-label="Clients">
    <h2>Clients</h2>
    <p class="dim">
      If this proxy serves MCP at <code>{endpoint}</code>:
    </p>
    {snippets(hostname.split('.')[0] ?? hostname, addressOf(hostname) + endpoint).map(
      ({client, text, note}) => (
        <div key={client} class="client">
          <h3>{client}</h3>
          {note !== undefined && <p class="dim">{note}</p>}
          {text !== undefined && <Snippet label={`For ${client}`} text={text} />}
        </div>
      ),
    )}
  </section>
)

export function Test({hostname}: {hostname: string}) {
  const [report, setReport] = useState<ProbeReport>()
  const [problem, setProblem] = useState<Failure['problem']>()
  const test = async (): Promise<void> => {
    setProblem(undefined)
    try {
      setReport(await call(proxyOperations.test, {params: {hostname}}))
    } catch (error) {
      setProblem(problemIn(error))
    }
  }
  return (
    <section class="card" aria-label="Test">
      <h2>Does it answer?</h2>
      <p class="dim">
        Sends real requests through mcpx, as a client would: the front page, then the beginning of an MCP
        session.
      </p>
      {problem && <Problem problem={problem} />}
      {report && <Steps report={report} />}
      <div class="buttons">
        <Act run={test}>Test it now</Act>
        <a href={addressOf(hostname)} target="_blank" rel="noreferrer">
          Open {addressOf(hostname)}
        </a>
      </div>
    </section>
  )
}

interface ClientSnippet {
  client: string
  text?: string
  note?: string
}

function snippets(name: string, href: string): ClientSnippet[] {
  const {protocol, port, hostname} = new URL(href)
  const reachable = protocol === 'https:' && port === '' && !isLoopback(hostname)
  const hosted = (client: string, where: string): ClientSnippet =>
    reachable
      ? {client, text: href, note: where}
      : {client, note: 'It comes from outside: this needs a public hostname with HTTPS on port 443.'}
  return [
    {client: 'Claude Code', text: `claude mcp add --transport http ${name} ${href}`},
    {
      client: 'VS Code',
      text: `code --add-mcp '${JSON.stringify({name, type: 'http', url: href})}'`,
    },
    {
      client: 'Cursor',
      text: JSON.stringify({mcpServers: {[name]: {url: href}}}, null, 2),
      note: 'In ~/.cursor/mcp.json',
    },
    hosted('Claude', 'Settings → Connectors → Add custom connector'),
    hosted('ChatGPT', 'Settings → Connectors → Create, in developer mode'),
    {
      client: 'MCP Inspector',
      text: `npx @modelcontextprotocol/inspector --cli ${href} --transport http --method tools/list`,
    },
  ]
}
