// One record: what it says, its settings, what can be done to it.
import {useSignal} from '@preact/signals'
import type {ComponentChildren} from 'preact'
import {common} from '../../core/model.ts'
import type {Operation} from '../../core/operation.ts'
import {all, call, can, type Document, Failure} from '../data/client.ts'
import {fieldsBack} from '../data/kept.ts'
import {useLive} from '../data/live.ts'
import {keyOf, type Noun, nounAt} from '../data/nouns.tsx'
import {asField, labelOf, same} from '../data/schema.ts'
import {useSuggestions} from '../data/suggest.ts'
import {Ago, Badge, Heading, Loading, Problem, Prose, Status, sentence, Value} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {title} from '../parts/title.ts'
import {savedOver} from '../parts/toasts.tsx'
import {linkTo} from '../router.ts'
import {Lead} from './lead.tsx'
import {Actions} from './record-actions.tsx'
import {ownTabs} from './record-tabs.tsx'
import {ServiceForm} from './service-form.tsx'

export interface Tab {
  path: string
  label: string
  show: (record: Document, reload: () => Promise<void>) => ComponentChildren
}

export function Record({noun, name, tab}: {noun: Noun; name: string; tab: string}) {
  title(`${name} · ${noun.title}`)
  const show = can(`${noun.prefix}.show`)
  const list = can(`${noun.prefix}.list`)
  const params = {[noun.key]: name}
  // What is being deleted is asked for no more: it may be gone before the deletion has ended.
  const leaving = useSignal<Document | undefined>(undefined)
  const read = async (): Promise<Document> => {
    if (leaving.value) return leaving.value
    if (show) return (await call(show, {params})) as Document
    const found = (await all(list as Operation)).find(record => keyOf(noun, record) === name)
    if (found) return found
    throw new Failure({
      code: 'not-found',
      title: 'There is no such record',
      detail: `There is no ${noun.one} ${name}`,
      hint: 'it may have been deleted',
    })
  }
  const {data, problem, reload} = useLive(read, [noun.noun], [noun.noun, name])
  const tabs: Tab[] = [
    {path: 'overview', label: 'Overview', show: record => <Overview noun={noun} record={record} />},
    ...ownTabs(noun, name),
    ...(can(`${noun.prefix}.update`)
      ? [
          {
            path: 'settings',
            label: 'Settings',
            show: (record: Document) => (
              <Change noun={noun} name={name} record={record} read={read} reload={reload} />
            ),
          },
        ]
      : []),
  ]
  const current = tabs.find(({path}) => path === tab) ?? tabs[0]
  return (
    <>
      <p class="crumb">
        <a href={linkTo(noun.path)}>{noun.title}</a>
      </p>
      <Heading
        title={<span class="name">{(data && noun.heading?.(data)) ?? name}</span>}
        state={
          <>
            {data?.['enabled'] === false && <Badge tone="warn">switched off</Badge>}
            {typeof data?.['status'] === 'string' && <Status value={data['status']} />}
          </>
        }
        {...(typeof data?.['description'] === 'string' && {lead: data['description']})}
      >
        {data && (
          <Actions
            noun={noun}
            name={name}
            record={data}
            reload={reload}
            onLeave={isLeaving => {
              leaving.value = isLeaving ? data : undefined
            }}
          />
        )}
      </Heading>
      {problem && <Problem problem={problem} />}
      {((!data && !problem) || leaving.value) && <Loading />}
      {data && tabs.length > 1 && (
        <nav class="tabs" aria-label={`Parts of ${name}`}>
          {tabs.map(({path, label}) => (
            <a
              key={path}
              href={path === 'overview' ? linkTo(noun.path, name) : linkTo(noun.path, name, path)}
              aria-current={path === current?.path ? 'page' : undefined}
              ref={path === current?.path ? intoView : null}
            >
              {label}
            </a>
          ))}
        </nav>
      )}
      {data && !leaving.value && current?.show(data, reload)}
    </>
  )
}

/** On a phone the tabs scroll sideways. */
const intoView = (tab: HTMLElement | null): void => tab?.scrollIntoView({block: 'nearest', inline: 'center'})

/** Told elsewhere on the page. */
const elsewhere = [
  'description',
  'upstream',
  'coverage',
  'generation',
  'enabled',
  'status',
  'renewal',
  'reason',
  'last_lines',
]

function Overview({noun, record}: {noun: Noun; record: Document}) {
  const fields =
    asField(can(`${noun.prefix}.show`)?.result).properties ??
    asField(can(`${noun.prefix}.list`)?.result).properties?.['items']?.items?.properties ??
    {}
  const names = Object.keys(fields).filter(
    name => !(name in common) && record[name] !== undefined && !elsewhere.includes(name) && name !== noun.key,
  )
  const isPlain = (name: string): boolean => same(record[name], fields[name]?.default)
  const facts = (shown: string[]) => (
    <dl class="facts">
      {shown.map(name => (
        <div key={name}>
          <dt>{noun.labels?.[name] ?? labelOf(name)}</dt>
          <dd>
            <Linked name={name} value={record[name]} />
            {!noun.labels?.[name] && (
              <p class="hint">
                <Prose text={sentence(fields[name]?.description ?? '')} />
              </p>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
  const plain = names.filter(isPlain)
  return (
    <section aria-label="Overview">
      <Lead noun={noun} record={record} />
      {facts(names.filter(name => !isPlain(name)))}
      {plain.length > 0 && (
        <details class="more">
          <summary>As by default ({plain.length})</summary>
          {facts(plain)}
        </details>
      )}
      <Origin record={record} />
    </section>
  )
}

/** Fields that name another record, and where those are. */
const leads: Record<string, string> = {
  client_id: 'oauth-clients',
  session: 'oauth-sessions',
  certificate: 'certificates',
  proxy_target: 'proxies',
}

function Linked({name, value}: {name: string; value: unknown}) {
  const to = leads[name]
  if (to === undefined || typeof value !== 'string' || !nounAt(to)) return <Value name={name} value={value} />
  return <a href={linkTo(to, value)}>{value}</a>
}

function Origin({record}: {record: Document}) {
  const {created_at, updated_at, owner, revision} = record
  if (typeof created_at !== 'string') return null
  return (
    <p class="dim">
      Created <Ago time={created_at} />
      {owner !== undefined && ` by ${owner}`}
      {typeof updated_at === 'string' && (
        <>
          , last changed <Ago time={updated_at} />
        </>
      )}
      {revision !== undefined && `, revision ${revision}`}
    </p>
  )
}

function Change({
  noun,
  name,
  record,
  read,
  reload,
}: {
  noun: Noun
  name: string
  record: Document
  read: () => Promise<Document>
  reload: () => Promise<void>
}) {
  const suggest = useSuggestions()
  const operation = can(`${noun.prefix}.update`)
  if (!operation) return null
  const RecordForm = noun.noun === 'service' ? ServiceForm : Form
  const params = {[noun.key]: name}
  return (
    <RecordForm
      operation={operation}
      submit="Save"
      params={params}
      record={record}
      featured={noun.featured}
      hidden={[...(noun.hidden ?? []), ...(noun.tabbed ?? [])]}
      suggest={suggest}
      reread={read}
      onDone={after => {
        savedOver(fieldsBack(operation, params, record, after), reload)
        void reload()
      }}
    />
  )
}
