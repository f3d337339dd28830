// Routes in the order they are tried, with those that hide others, and what would serve a request.
import {useMemo, useRef, useState} from 'preact/hooks'
import type {Route} from '../../core/contract/route.ts'
import {routeOperations} from '../../core/contract/route.ts'
import {all, call, can, type Document, type Failure, problemIn} from '../data/client.ts'
import {applyAll, documentOf} from '../data/document.ts'
import {useLive} from '../data/live.ts'
import type {Noun} from '../data/nouns.tsx'
import {overlaps} from '../data/overlaps.ts'
import {type Ranked, reorder} from '../data/reorder.ts'
import {labelOf} from '../data/schema.ts'
import {Badge, Heading, Loading, Problem, Value} from '../parts/bits.tsx'
import {type Column, Table} from '../parts/table.tsx'
import {title} from '../parts/title.ts'
import {attempt, toast, undoable} from '../parts/toasts.tsx'
import {linkTo} from '../router.ts'
import {NewButton, NoneYet} from './records.tsx'

export const targetText = ({target_type: type, target_value: value}: Document): string =>
  type === 'url' ? String(value) : `${type} ${value}`

const kind = ({is_regex: regex, is_exact: exact}: Document): string =>
  regex ? 'regex' : exact ? 'exact' : ''

export function RoutesPage({noun}: {noun: Noun}) {
  title('Routes')
  const {data, problem, reload} = useLive(
    async () => (await all(routeOperations.list)) as unknown as Route[],
    ['route'],
    [],
  )
  const hidden = overlaps(data ?? [])
  const inOrder = useMemo(() => [...(data ?? [])].sort((one, other) => other.priority - one.priority), [data])
  const moving = useRef(false)
  const move = async (from: number, to: number): Promise<void> => {
    // Where a route stands is known again only once the last move is saved.
    if (moving.current) return
    const changes = reorder(inOrder, from, to)
    if (!changes) return toast('There is no priority left between these; change one by hand', {tone: 'bad'})
    moving.current = true
    await attempt(() => prioritise(changes, inOrder, reload))
    await reload()
    moving.current = false
  }
  return (
    <>
      <Heading title={noun.title} lead={noun.lead}>
        <NewButton noun={noun} />
      </Heading>
      {problem && <Problem problem={problem} />}
      {!data && !problem && <Loading />}
      {hidden.length > 0 && (
        <div class="notice warn">
          <strong>{hidden.length === 1 ? 'A route is' : `${hidden.length} routes are`} never reached</strong>
          <ul>
            {hidden.slice(0, 5).map(({above, below}) => (
              <li key={below.route_id}>
                <a href={linkTo('routes', below.route_id)}>{below.path_pattern}</a> (priority {below.priority}
                ) lies behind <a href={linkTo('routes', above.route_id)}>{above.path_pattern}</a> (priority{' '}
                {above.priority})
              </li>
            ))}
          </ul>
        </div>
      )}
      {data?.length === 0 && <NoneYet noun={noun} />}
      {data && data.length > 0 && (
        <Table
          label="Routes"
          rows={inOrder}
          onMove={(from, to) => void move(from, to)}
          columns={columns(inOrder, reload)}
          keyOf={({route_id}) => String(route_id)}
          href={({route_id}) => linkTo('routes', String(route_id))}
          sort={{field: 'priority', down: true}}
        />
      )}
      {can('explain') && <Explain />}
    </>
  )
}

/** Saves new priorities, with a way back to those there were. */
async function prioritise(
  changes: readonly Ranked[],
  routes: readonly Route[],
  reload: () => Promise<void>,
): Promise<void> {
  const [first] = changes
  const of = new Map(routes.map(one => [one.route_id, one]))
  // In reverse, so that no two of a path are ever at one priority.
  const before = changes.toReversed().flatMap(({route_id}) => of.get(route_id) ?? [])
  await save(changes, routes)
  const said =
    changes.length === 1 ? `${of.get(first?.route_id ?? '')?.path_pattern}` : `${changes.length} routes`
  if (first)
    undoable(`Changed the priority of ${said}`, async () => {
      const now = (await all(routeOperations.list)) as unknown as Route[]
      await save(before, now)
      await reload()
    })
}

/** New priorities, all or none: one by itself, several as documents of what the routes are otherwise. */
async function save(changes: readonly Ranked[], routes: readonly Route[]): Promise<void> {
  const of = new Map(routes.map(one => [one.route_id, one]))
  const [first, ...more] = changes
  if (!first) return
  if (more.length === 0) {
    const {route_id, priority} = first
    const ifMatch = of.get(route_id)?.revision
    await call(routeOperations.update, {params: {route_id}, body: {priority}, ifMatch})
    return
  }
  const noun = {prefix: 'route', create: routeOperations.create.id}
  const documents = changes.map(({route_id, priority}) => ({
    ...documentOf(noun, of.get(route_id) ?? {}),
    priority,
  }))
  await applyAll({[noun.prefix]: documents})
}

const columns = (routes: readonly Route[], reload: () => Promise<void>): readonly Column[] => [
  {
    field: 'path_pattern',
    label: 'Path',
    show: record => (
      <>
        <code>{String(record['path_pattern'])}</code>{' '}
        {kind(record) && <span class="dim kind">{kind(record)}</span>}
      </>
    ),
  },
  {
    field: 'priority',
    label: 'Priority',
    end: true,
    show: record => <Priority record={record} routes={routes} reload={reload} />,
  },
  {
    field: 'hosts',
    label: 'Hosts',
    wide: true,
    text: ({hosts}) => (hosts as string[] | undefined)?.join(', ') ?? 'all of its owner',
  },
  {field: 'target_value', label: 'Goes to', text: targetText},
  {field: 'methods', label: 'Methods', wide: true},
  {
    field: 'enabled',
    label: 'State',
    wide: true,
    show: ({enabled}) => (enabled ? <Badge tone="good">on</Badge> : <Badge>off</Badge>),
    text: ({enabled}) => (enabled ? 'on' : 'off'),
  },
]

/** Edited in place: where a route stands is its priority. */
function Priority({
  record,
  routes,
  reload,
}: {
  record: Document
  routes: readonly Route[]
  reload: () => Promise<void>
}) {
  const {route_id, priority, path_pattern} = record as unknown as Route
  // What is being typed stays when the list is read again meanwhile.
  const [typed, setTyped] = useState<string>()
  const save = async (text: string): Promise<void> => {
    if (Number(text) === priority) return setTyped(undefined)
    await attempt(() => prioritise([{route_id, priority: Number(text)}], routes, reload))
    await reload()
    setTyped(undefined)
  }
  return (
    <input
      class="priority"
      type="number"
      min={0}
      max={999}
      aria-label={`Priority of ${path_pattern}`}
      value={typed ?? priority}
      onInput={event => setTyped(event.currentTarget.value)}
      onChange={event => void save(event.currentTarget.value)}
    />
  )
}

function Explain() {
  const [url, setUrl] = useState('')
  const [found, setFound] = useState<Document>()
  const [problem, setProblem] = useState<Failure['problem']>()
  const explain = can('explain')
  const ask = async (): Promise<void> => {
    setProblem(undefined)
    setFound(undefined)
    try {
      if (explain) setFound((await call(explain, {query: {url}})) as Document)
    } catch (error) {
      setProblem(problemIn(error))
    }
  }
  const {candidates = [], ...facts} = (found ?? {}) as {candidates?: Document[]}
  return (
    <section class="card explain" aria-label="Explain">
      <h2>What would serve a request?</h2>
      <form
        class="inline"
        onSubmit={event => {
          event.preventDefault()
          void ask()
        }}
      >
        <label for="explain-url">URL</label>
        <input
          id="explain-url"
          type="url"
          required
          placeholder="https://app.example.com/mcp"
          value={url}
          spellcheck={false}
          onInput={event => setUrl(event.currentTarget.value)}
        />
        <button type="submit">Explain</button>
      </form>
      {problem && <Problem problem={problem} />}
      {found && (
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
      )}
      {candidates.length > 0 && (
        <Table
          plain
          label="Routes that were looked at"
          rows={candidates}
          columns={[
            {field: 'path_pattern', label: 'Path'},
            {field: 'priority', label: 'Priority', end: true},
            {field: 'verdict', label: 'Verdict'},
          ]}
          keyOf={({route_id}) => String(route_id)}
        />
      )}
    </section>
  )
}
