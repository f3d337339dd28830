// One record: what it says, its settings, what can be done to it.
import type {ComponentChildren} from 'preact'
import {common} from '../../core/model.ts'
import {call, can, type Document} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import type {Noun} from '../data/nouns.tsx'
import {asField, labelOf} from '../data/schema.ts'
import {useSuggestions} from '../data/suggest.ts'
import {Ago, Badge, Heading, Problem, Prose, Status, sentence, Value} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {title} from '../parts/title.ts'
import {toast} from '../parts/toasts.tsx'
import {linkTo} from '../router.ts'
import {Actions} from './record-actions.tsx'
import {ownTabs} from './record-tabs.tsx'

export interface Tab {
  path: string
  label: string
  show: (record: Document, reload: () => Promise<void>) => ComponentChildren
}

export function Record({noun, name, tab}: {noun: Noun; name: string; tab: string}) {
  title(`${name} · ${noun.title}`)
  const show = can(`${noun.prefix}.show`)
  const params = {[noun.key]: name}
  const read = async (): Promise<Document> => {
    if (show) return (await call(show, {params})) as Document
    throw new Error('It has no page of its own')
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
      <Heading title={<span class="name">{name}</span>}>
        {data && <Actions noun={noun} name={name} record={data} reload={reload} />}
      </Heading>
      {data && (
        <p class="state">
          {data['enabled'] === false && <Badge tone="warn">switched off</Badge>}
          {typeof data['status'] === 'string' && <Status value={data['status']} />}
          {data['description'] !== undefined && <span class="dim">{String(data['description'])}</span>}
        </p>
      )}
      {problem && <Problem problem={problem} />}
      {tabs.length > 1 && (
        <nav class="tabs" aria-label={`Parts of ${name}`}>
          {tabs.map(({path, label}) => (
            <a
              key={path}
              href={path === 'overview' ? linkTo(noun.path, name) : linkTo(noun.path, name, path)}
              aria-current={path === current?.path ? 'page' : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
      )}
      {data && current?.show(data, reload)}
    </>
  )
}

function Overview({noun, record}: {noun: Noun; record: Document}) {
  const fields = asField(can(`${noun.prefix}.show`)?.result).properties ?? {}
  const names = Object.keys(fields).filter(
    name => !(name in common) && record[name] !== undefined && name !== 'description',
  )
  return (
    <section aria-label="Overview">
      <dl class="facts">
        {names.map(name => (
          <div key={name}>
            <dt>{labelOf(name)}</dt>
            <dd>
              <Value name={name} value={record[name]} />
              {fields[name]?.description !== undefined && (
                <p class="hint">
                  <Prose text={sentence(fields[name]?.description ?? '')} />
                </p>
              )}
            </dd>
          </div>
        ))}
      </dl>
      {typeof record['created_at'] === 'string' && (
        <p class="dim">
          Created <Ago time={record['created_at']} />
          {record['owner'] !== undefined && ` by ${record['owner']}`}
          {typeof record['updated_at'] === 'string' && (
            <>
              , last changed <Ago time={record['updated_at']} />
            </>
          )}
          {record['revision'] !== undefined && `, revision ${record['revision']}`}
        </p>
      )}
    </section>
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
  return (
    <Form
      operation={operation}
      submit="Save"
      params={{[noun.key]: name}}
      record={record}
      featured={noun.featured}
      hidden={noun.hidden ?? []}
      suggest={suggest}
      reread={read}
      onDone={() => {
        toast('Saved')
        void reload()
      }}
    />
  )
}
