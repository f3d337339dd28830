// Ctrl-K: find a page or a record, or do something, by typing.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks'
import {all, can} from '../data/client.ts'
import {keyOf, type Noun, nouns} from '../data/nouns.tsx'
import {usable} from '../data/others.ts'
import {signOut} from '../data/session.ts'
import {linkTo, visit} from '../router.ts'
import {Dialog} from './dialog.tsx'
import {choose} from './theme.ts'

interface Entry {
  text: string
  kind: string
  /** Tells records of one name apart. */
  key?: string
  run: () => void
}

const shown = 12

const page = (text: string, href: string): Entry => ({text, kind: 'Page', run: () => visit(href)})

const fixed = (): Entry[] => [
  page('Dashboard', '/'),
  page('Requests', linkTo('requests')),
  ...nouns().map(({title, path}) => page(title, linkTo(path))),
  ...(can('port.list') ? [page('Ports', linkTo('ports'))] : []),
  ...(can('oauth.health') ? [page('OAuth', linkTo('oauth'))] : []),
  page('Settings', linkTo('settings')),
  {text: 'Publish something', kind: 'Do', run: () => visit(linkTo('welcome'))},
  ...nouns()
    .filter(({create}) => can(create))
    .map(
      ({createLabel, path}): Entry => ({
        text: createLabel,
        kind: 'Do',
        run: () => visit(linkTo(path, 'new')),
      }),
    ),
  ...usable().map(
    ({id, summary}): Entry => ({text: summary, kind: 'Do', run: () => visit(linkTo('do', id))}),
  ),
  {text: 'Light theme', kind: 'Do', run: () => choose('light')},
  {text: 'Dark theme', kind: 'Do', run: () => choose('dark')},
  {text: 'Sign out', kind: 'Do', run: () => void signOut(false)},
]

/** Every record, to go to; all at once, so that nothing moves under what is chosen. */
function useRecords(): Entry[] {
  const [records, setRecords] = useState<Entry[]>([])
  useEffect(() => {
    void Promise.all(nouns().map(entriesOf)).then(found => setRecords(found.flat()))
  }, [])
  return records
}

async function entriesOf(noun: Noun): Promise<Entry[]> {
  const list = can(`${noun.prefix}.list`)
  // What cannot be read is not offered; its own page says why.
  const found = list ? await all(list).catch(() => []) : []
  return found.map(record => {
    const key = keyOf(noun, record)
    return {
      text: noun.heading?.(record) ?? key,
      kind: noun.one,
      key,
      run: () => visit(linkTo(noun.path, key)),
    }
  })
}

export function Palette({onClose}: {onClose: () => void}) {
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const records = useRecords()
  const found = useMemo(() => {
    const wanted = query.trim().toLowerCase()
    const words = wanted.split(/\s+/).filter(Boolean)
    // What is called just so comes first.
    const rank = ({text}: Entry): number => Number(text.toLowerCase() !== wanted)
    return [...fixed(), ...records]
      .filter(({text, kind, key = ''}) =>
        words.every(word => `${kind} ${text} ${key}`.toLowerCase().includes(word)),
      )
      .toSorted((one, other) => rank(one) - rank(other))
      .slice(0, shown)
  }, [query, records])
  const chosen = Math.min(at, found.length - 1)
  const run = (entry: Entry | undefined): void => {
    if (!entry) return
    onClose()
    entry.run()
  }
  const press = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setAt((chosen + step + found.length) % Math.max(1, found.length))
    else if (event.key === 'Enter') run(found[chosen])
    else return
    event.preventDefault()
  }
  return (
    <Dialog label="Find or do" kind="palette" onClose={onClose}>
      <input
        role="combobox"
        aria-label="Find or do"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `palette-${chosen}` : undefined}
        aria-autocomplete="list"
        autocomplete="off"
        placeholder="A page, a record, something to do"
        value={query}
        onInput={event => {
          setQuery(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={press}
      />
      <ul id="palette-list" role="listbox" aria-label="Found" ref={list}>
        {found.map((entry, index) => (
          <li
            key={`${entry.kind} ${entry.key ?? entry.text}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => run(entry)}
          >
            <span class="cut">{entry.text}</span>
            <span class="dim">{entry.kind}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="dim nothing">Nothing fits.</p>}
    </Dialog>
  )
}
