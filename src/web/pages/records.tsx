// The list of one kind of record.
import {all, call, can, type Document} from '../data/client.ts'
import {keptServers} from '../data/kept.ts'
import {useLive} from '../data/live.ts'
import {keyOf, type Noun} from '../data/nouns.tsx'
import {Act} from '../parts/act.tsx'
import {counted, Empty, Heading, Loading, Problem, Prose} from '../parts/bits.tsx'
import {Table} from '../parts/table.tsx'
import {title} from '../parts/title.ts'
import {attempt, toast, undoable} from '../parts/toasts.tsx'
import {linkTo} from '../router.ts'

export function Records({noun}: {noun: Noun}) {
  title(noun.title)
  const list = can(`${noun.prefix}.list`)
  const {data, problem} = useLive(
    async () => (list ? all(list) : []),
    [noun.noun],
    [noun.noun],
    noun.unannounced && 5,
  )
  return (
    <>
      <Heading title={noun.title} lead={noun.lead}>
        {noun.noun === 'resource' && <FindServers />}
        <NewButton noun={noun} />
      </Heading>
      {problem && <Problem problem={problem} />}
      {!data && !problem && <Loading />}
      {data?.length === 0 && <NoneYet noun={noun} />}
      {data && data.length > 0 && (
        <Table
          label={noun.title}
          rows={data}
          columns={noun.columns}
          keyOf={record => keyOf(noun, record)}
          href={record => linkTo(noun.path, keyOf(noun, record))}
        />
      )}
    </>
  )
}

/** Looks for MCP servers behind every proxy, and registers what it finds. */
function FindServers() {
  const operation = can('resource.auto-register')
  if (!operation) return null
  const find = (): Promise<void> =>
    attempt(async () => {
      const back = await keptServers()
      const {looked_at, registered} = (await call(operation, {body: {}})) as {
        looked_at: number
        registered: Document[]
      }
      const said = `Looked at ${counted(looked_at, 'proxy', 'proxies')}: ${registered.length || 'no'} MCP ${registered.length === 1 ? 'server' : 'servers'} found`
      if (registered.length === 0) return toast(said)
      undoable(`${said}, and published behind a login`, () =>
        back(registered.map(({proxy_target}) => String(proxy_target))),
      )
    })
  return (
    <Act title={operation.summary} run={find}>
      Find MCP servers
    </Act>
  )
}

export const NewButton = ({noun}: {noun: Noun}) =>
  can(noun.create) ? (
    <a class="button primary" href={linkTo(noun.path, 'new')}>
      {noun.createLabel}
    </a>
  ) : null

export const NoneYet = ({noun}: {noun: Noun}) => (
  <Empty
    title={`No ${/^[A-Z][a-z]+\b/.test(noun.title) ? noun.title.charAt(0).toLowerCase() + noun.title.slice(1) : noun.title} yet`}
  >
    <p>
      <Prose text={noun.empty} />
    </p>
    <NewButton noun={noun} />
  </Empty>
)
