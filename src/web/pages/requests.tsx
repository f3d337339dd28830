// Requests as they end, filtered; each one opens to its route, login, upstream, timing and MCP method.
import {useState} from 'preact/hooks'
import type {ExchangeRecord} from '../../core/contract/system.ts'
import type {Document} from '../data/client.ts'
import {useExchanges} from '../data/exchanges.ts'
import {Empty, Heading, HttpStatus, Loading, Problem} from '../parts/bits.tsx'
import {duration, round} from '../parts/chart.tsx'
import {Dialog} from '../parts/dialog.tsx'
import {type Fact, Facts} from '../parts/facts.tsx'
import {type Column, Table} from '../parts/table.tsx'
import {title} from '../parts/title.ts'
import {linkTo, turnTo} from '../router.ts'

const clock = (time: unknown): string => new Date(String(time)).toLocaleTimeString('en-GB')

const columns: readonly Column[] = [
  {field: 'time', label: 'Time', text: ({time}) => clock(time)},
  {field: 'status', label: 'Status', show: ({status}) => <HttpStatus status={Number(status)} />},
  {
    field: 'path',
    label: 'Request',
    show: ({method, host, path}) => (
      <span class="request">
        <strong>{String(method)}</strong> <span class="dim host">{String(host)}</span>
        {String(path)}
      </span>
    ),
    text: ({method, host, path}) => `${method} ${host}${path}`,
  },
  {
    field: 'mcp_method',
    label: 'MCP',
    wide: true,
    text: ({mcp_method: method = '', mcp_name: name}) =>
      name === undefined ? String(method) : `${method} ${name}`,
  },
  {field: 'ms', label: 'Took', end: true, show: ({ms}) => duration(Number(ms))},
  {field: 'remote', label: 'From', wide: true},
]

const classes = ['', '2xx', '3xx', '4xx', '5xx']

/** All, with the one of `id` opened; or those of one proxy or route. */
export function Requests({only, id}: {only?: Document; id?: string | undefined}) {
  if (!only) title('Requests')
  const [status, setStatus] = useState('')
  const [mcp, setMcp] = useState('')
  const [own, setOwn] = useState(false)
  const [paused, setPaused] = useState(false)
  const [chosen, setChosen] = useState<ExchangeRecord>()
  const filters = {...only, ...(!own && !only && {proxied: true}), ...(status && {status}), ...(mcp && {mcp})}
  const {exchanges, problem} = useExchanges(filters, 1000, paused)
  const named = chosen?.id === id ? chosen : exchanges?.find(one => one.id === id)
  const open = only ? chosen : id === undefined ? undefined : named
  const choose = (one: ExchangeRecord | undefined): void => {
    setChosen(one)
    if (!only) turnTo(one ? linkTo('requests', one.id) : linkTo('requests'))
  }
  const idle = exchanges?.length === 0 && !status && !mcp && !own
  return (
    <>
      {!only && <Heading title="Requests" lead="As they end, newest first" />}
      {problem && <Problem problem={problem} />}
      {!exchanges && !problem && <Loading />}
      {exchanges && id !== undefined && !open && (
        <p class="notice" role="status">
          Request {id} is not kept any more, or your token may not see it.
        </p>
      )}
      {idle && (
        <Empty title="No requests yet">
          <p>Send one to a proxy, and it appears here as it ends.</p>
        </Empty>
      )}
      {exchanges && !idle && (
        <Table
          label="Requests"
          rows={exchanges}
          columns={columns}
          keyOf={({id}) => String(id)}
          onOpen={record => choose(record as ExchangeRecord)}
        >
          <select aria-label="Status" value={status} onChange={event => setStatus(event.currentTarget.value)}>
            {classes.map(one => (
              <option key={one} value={one}>
                {one || 'Any status'}
              </option>
            ))}
          </select>
          <select aria-label="MCP method" value={mcp} onChange={event => setMcp(event.currentTarget.value)}>
            <option value="">Any MCP method</option>
            {['initialize', 'tools/list', 'tools/call', 'resources/read', 'prompts/get'].map(one => (
              <option key={one}>{one}</option>
            ))}
          </select>
          {!only && (
            <label class="tick">
              <input type="checkbox" checked={own} onChange={event => setOwn(event.currentTarget.checked)} />
              also to mcpx itself
            </label>
          )}
          <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
            {paused ? 'Go on' : 'Pause'}
          </button>
        </Table>
      )}
      {open && <Opened exchange={open} onClose={() => choose(undefined)} />}
    </>
  )
}

const decisions: Record<NonNullable<ExchangeRecord['auth']>, string> = {
  open: 'no login is needed here',
  granted: 'granted',
  anonymous: 'let through without a login',
  refused: 'refused',
}

/** What happened on the way, in order. */
function Opened({exchange, onClose}: {exchange: ExchangeRecord; onClose: () => void}) {
  const {status, method, path, host, proxy, route, auth, user, client, problem, upstream, remote} = exchange
  const {ms, ttfb, bytes_in, bytes_out, mcp_method, mcp_name, id, time} = exchange
  const own = proxy === undefined || proxy === 'console'
  const facts: Fact[] = [
    ['Arrived', `${new Date(time).toLocaleString('en-GB')} from ${remote}, for ${host}`],
    ['Proxy', own ? 'mcpx itself' : <a href={linkTo('proxies', proxy)}>{proxy}</a>],
    ['Login', auth && `${decisions[auth]}${user === undefined ? '' : `, to ${user}`}`],
    ['Client', client && <a href={linkTo('oauth-clients', client)}>{client}</a>],
    [
      'Route',
      route ? <a href={linkTo('routes', route)}>{route}</a> : !own && 'none: the target of the proxy',
    ],
    ['Upstream', upstream],
    ['MCP', mcp_method && [mcp_method, mcp_name].filter(Boolean).join(' ')],
    ['Answer', `${status}${problem === undefined ? '' : `, ${problem}`}`],
    ['Time', `${round(ms)} ms${ttfb === undefined ? '' : `, first byte after ${round(ttfb)} ms`}`],
    ['Body', `${bytes_in} bytes received, ${bytes_out} sent`],
    ['Request ID', <code>{id}</code>],
  ]
  return (
    <Dialog label="Request" kind="panel" onClose={onClose}>
      <header class="heading">
        <h2>
          <HttpStatus status={status} /> {method} {path}
        </h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      <Facts facts={facts} />
    </Dialog>
  )
}
