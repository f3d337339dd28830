// A list of records: search, sort, pages. Rows beyond the page are not drawn, so that 10,000 do not lag.
import type {ComponentChildren} from 'preact'
import {useMemo, useRef, useState} from 'preact/hooks'
import type {Document} from '../data/client.ts'
import {go} from '../router.ts'

export interface Column {
  field: string
  label: string
  /** How a cell looks; default its text. */
  show?: (record: Document) => ComponentChildren
  /** What is sorted by and searched; default the value of the field. */
  text?: (record: Document) => string | number
  /** Left out on narrow screens. */
  wide?: boolean
  end?: boolean
}

const perPage = 50

const textOf = ({field, text}: Column, record: Document): string | number => {
  if (text) return text(record)
  const value = record[field]
  if (typeof value === 'number') return value
  return value === undefined || value === null ? '' : Array.isArray(value) ? value.join(', ') : String(value)
}

const order = new Intl.Collator('en', {numeric: true})
const compare = (one: string | number, other: string | number): number =>
  typeof one === 'number' && typeof other === 'number'
    ? one - other
    : order.compare(String(one), String(other))

export interface TableProps {
  label: string
  rows: readonly Document[]
  columns: readonly Column[]
  keyOf: (record: Document) => string
  /** Where a row leads. */
  href?: ((record: Document) => string) | undefined
  /** What a row does when it leads nowhere. */
  onOpen?: (record: Document) => void
  sort?: {field: string; down: boolean}
  /** Buttons at the end of a row. */
  actions?: (record: Document) => ComponentChildren
  /** Rows can be moved: from one place to another of the whole list as it is sorted at first. */
  onMove?: (from: number, to: number) => void
  /** Without a search box, for short lists within a page. */
  plain?: boolean
  children?: ComponentChildren
}

export function Table(props: TableProps) {
  const {label, rows, columns, sort: first = {field: '', down: false}, plain} = props
  const [query, setQuery] = useState('')
  const [sort, setSort] = useState(first)
  const [page, setPage] = useState(0)
  const found = useMemo(() => {
    const wanted = query.trim().toLowerCase()
    const fits = wanted
      ? rows.filter(row => columns.some(column => String(textOf(column, row)).toLowerCase().includes(wanted)))
      : rows
    const by = columns.find(({field}) => field === sort.field)
    if (!by) return fits
    const sorted = fits.toSorted((one, other) => compare(textOf(by, one), textOf(by, other)))
    return sort.down ? sorted.reverse() : sorted
  }, [rows, columns, query, sort])
  const pages = Math.max(1, Math.ceil(found.length / perPage))
  const at = Math.min(page, pages - 1)
  const isWhole = query.trim() === '' && sort.field === first.field && sort.down === first.down
  const search = (text: string): void => {
    setQuery(text)
    setPage(0)
  }
  return (
    <div class="list">
      {!plain && (
        <div class="toolbar">
          <input
            type="search"
            placeholder="Search"
            aria-label={`Search ${label.toLowerCase()}`}
            value={query}
            onInput={event => search(event.currentTarget.value)}
          />
          {props.children}
          <span class="dim count" role="status">
            {query ? `${found.length} of ${rows.length}` : rows.length}
          </span>
        </div>
      )}
      <Rows
        {...props}
        rows={found.slice(at * perPage, (at + 1) * perPage)}
        by={sort}
        onSort={setSort}
        onMove={isWhole ? props.onMove : undefined}
        start={at * perPage}
      />
      {found.length === 0 && query && <p class="dim nothing">Nothing fits “{query}”.</p>}
      {pages > 1 && <Pager page={at} pages={pages} onPage={setPage} />}
    </div>
  )
}

function Rows({
  label,
  rows,
  columns,
  keyOf,
  href,
  onOpen,
  actions,
  by,
  onSort,
  onMove,
  start,
}: Omit<TableProps, 'onMove'> & {
  onMove: ((from: number, to: number) => void) | undefined
  /** Place of the first row in the whole list. */
  start: number
  by: {field: string; down: boolean}
  onSort: (sort: {field: string; down: boolean}) => void
}) {
  const opens = href ?? onOpen
  const [drop, setDrop] = useState<number>()
  const drag = useRef<number>(undefined)
  const dropped = (to: number): void => {
    setDrop(undefined)
    if (drag.current !== undefined) onMove?.(drag.current, to)
    drag.current = undefined
  }
  const open = (event: MouseEvent, row: Document): void => {
    if ((event.target as Element).closest('a, button, input') || getSelection()?.toString()) return
    if (href) go(href(row))
    else onOpen?.(row)
  }
  const lead = (column: Column, row: Document): ComponentChildren => {
    const inside = column.show ? column.show(row) : breakable(String(textOf(column, row)))
    if (column !== columns[0]) return inside
    if (href) return <a href={href(row)}>{inside}</a>
    return onOpen ? (
      <button type="button" class="link" onClick={() => onOpen(row)}>
        {inside}
      </button>
    ) : (
      inside
    )
  }
  return (
    <div class="scroll">
      <table aria-label={label}>
        <thead>
          <tr>
            {onMove && (
              <th class="grip">
                <span class="hidden">Order</span>
              </th>
            )}
            {columns.map(column => (
              <Head key={column.field} column={column} by={by} onSort={onSort} />
            ))}
            {actions && (
              <th>
                <span class="hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr
              key={keyOf(row)}
              class={`${opens ? 'opens' : ''} ${drop === start + index ? 'drop' : ''}`}
              onClick={opens && (event => open(event, row))}
              onDragOver={event => {
                if (drag.current === undefined) return
                event.preventDefault()
                setDrop(start + index)
              }}
              onDrop={event => {
                event.preventDefault()
                dropped(start + index)
              }}
            >
              {onMove && (
                <td class="grip">
                  <Grip
                    label={String(textOf(columns[0] as Column, row))}
                    at={start + index}
                    onMove={onMove}
                    onDrag={at => {
                      drag.current = at
                      setDrop(undefined)
                    }}
                  />
                </td>
              )}
              {columns.map(column => (
                <td key={column.field} class={cellClass(column)}>
                  {lead(column, row)}
                </td>
              ))}
              {actions && <td class="end">{actions(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** What a row is dragged by; arrow keys move it too. */
const Grip = ({
  label,
  at,
  onMove,
  onDrag,
}: {
  label: string
  at: number
  onMove: (from: number, to: number) => void
  onDrag: (at: number | undefined) => void
}) => (
  <button
    type="button"
    class="quiet small"
    draggable
    aria-label={`Move ${label}; arrow keys move it up and down`}
    title="Drag, or press the arrow keys"
    onDragStart={event => {
      event.dataTransfer?.setData('text/plain', label)
      onDrag(at)
    }}
    onDragEnd={() => onDrag(undefined)}
    onKeyDown={event => {
      const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0
      if (step === 0) return
      event.preventDefault()
      onMove(at, at + step)
    }}
  >
    <span aria-hidden="true">⠿</span>
  </button>
)

/** Names break after their dots where they must, and before a port, but not within a number; what has no dots, anywhere. */
function breakable(text: string): ComponentChildren {
  const parts = text.split(/(?<=[^/:]\/|@|, )(?=\w)|(?<=\.)(?=[a-z_])|(?=:\d{3})/i)
  if (parts.some(part => part.length > 20)) return <span class="anywhere">{text}</span>
  return parts.map((part, index) => [index > 0 && <wbr />, part])
}

const cellClass = ({wide, end}: Column): string => `${wide ? 'wide' : ''} ${end ? 'end' : ''}`

function Head({
  column,
  by,
  onSort,
}: {
  column: Column
  by: {field: string; down: boolean}
  onSort: (sort: {field: string; down: boolean}) => void
}) {
  const {field, label} = column
  const mine = by.field === field
  return (
    <th
      scope="col"
      class={cellClass(column)}
      aria-sort={mine ? (by.down ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="sort" onClick={() => onSort({field, down: mine && !by.down})}>
        {label}
        <span aria-hidden="true">{mine ? (by.down ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  )
}

const Pager = ({page, pages, onPage}: {page: number; pages: number; onPage: (page: number) => void}) => (
  <nav class="pager" aria-label="Pages">
    <button type="button" class="small" disabled={page === 0} onClick={() => onPage(page - 1)}>
      Previous
    </button>
    <span class="dim">
      Page {page + 1} of {pages}
    </span>
    <button type="button" class="small" disabled={page === pages - 1} onClick={() => onPage(page + 1)}>
      Next
    </button>
  </nav>
)
