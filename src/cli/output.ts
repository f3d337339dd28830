// What commands print: results on standard output, everything else on standard error.
import Table from 'cli-table3'
import {typed} from './hint.ts'
import {printable} from './printable.ts'
import {toCsv, toYaml} from './serialize.ts'
import {isAnimated, Spinner} from './spinner.ts'
import {errorStyle, style} from './style.ts'
import {terminalWidth} from './terminal-width.ts'

export const formats = ['table', 'wide', 'json', 'yaml', 'csv', 'name'] as const
export type Format = (typeof formats)[number]
export type Document = Record<string, unknown>

/** A field, or a header with what stands under it. */
export type Column = string | readonly [header: string, value: (row: Document) => unknown]

const gap = 2
const narrowest = 8

/** One command's way to print. */
export class Output {
  readonly format: Format
  #spinner: Spinner | undefined
  #hasHeader = false

  constructor(format: Format) {
    this.format = format
  }

  get forPeople(): boolean {
    return this.format === 'table' || this.format === 'wide'
  }

  /** A line of the result. */
  line(text = ''): void {
    this.#spinner?.clear()
    process.stdout.write(`${text}\n`)
  }

  /** Shows that `text` is waited for until `work` ends, to whoever looks at a terminal. */
  async during<T>(text: string, work: () => Promise<T>): Promise<T> {
    if (!this.forPeople || this.#spinner || !isAnimated(process.stderr, process.env)) return work()
    this.#spinner = new Spinner(text)
    this.#spinner.start()
    try {
      return await work()
    } finally {
      this.#spinner.stop()
      this.#spinner = undefined
    }
  }

  #tell(text: string): void {
    if (!this.forPeople) return
    this.#spinner?.clear()
    process.stderr.write(`${text}\n`)
  }

  /** Whether the result is wanted as a whole, not as names or for people. */
  get forPrograms(): boolean {
    return !this.forPeople && this.format !== 'name'
  }

  /** The result as JSON, YAML or CSV; of a page, CSV has the items, and `fields` are its columns. */
  async document(document: unknown, fields?: readonly string[]): Promise<void> {
    if (this.format === 'yaml') return this.line(await toYaml(document))
    if (this.format !== 'csv') return this.line(JSON.stringify(document, null, 2))
    const rows = rowsOf(document)
    this.line(toCsv(rows, fields?.length ? fields : [...new Set(rows.flatMap(Object.keys))]))
  }

  /** One of many documents that come one by one: a line of JSON or CSV, or a document of YAML. */
  async item(document: Document, fields: readonly string[]): Promise<void> {
    if (this.format === 'yaml') return this.line(`---\n${await toYaml(document)}`)
    if (this.format !== 'csv') return this.line(JSON.stringify(document))
    if (!this.#hasHeader) this.line(toCsv([], fields))
    this.#hasHeader = true
    this.line(toCsv([document], fields).split('\r\n').slice(1).join('\r\n'))
  }

  /** What was done, on standard error; nothing for programs. */
  done(text: string): void {
    this.#tell(`${errorStyle.green('✓')} ${typed(printable(text))}`)
  }

  /** What to do next, on standard error; nothing for programs. */
  next(text: string): void {
    this.#tell(errorStyle.dim(`→ ${typed(printable(text))}`))
  }

  /** What is in the way although it was done, on standard error; commands in backticks. */
  warn(text: string): void {
    this.#tell(`${errorStyle.yellow('!')} ${typed(printable(text))}`)
  }

  /** A line of words and styles of our own, on standard error. */
  note(text: string): void {
    this.#tell(typed(text))
  }

  /**
   * Rows under headers named after the fields. On a terminal it fits its width unless `wide`; where it cannot, each row
   * has a field a line.
   */
  table(rows: readonly Document[], columns: readonly Column[]): void {
    const parts = columns.map(column =>
      typeof column === 'string' ? ([column, (row: Document) => row[column]] as const) : column,
    )
    const cells = rows.map(row => parts.map(([, value]) => cell(value(row))))
    const heads = parts.map(([header]) => header.replaceAll('_', ' ').toUpperCase())
    const natural = heads.map((head, i) =>
      Math.max(head.length, ...cells.map(row => [...(row[i] ?? '')].length)),
    )
    const isFitted = process.stdout.isTTY && this.format !== 'wide'
    const fit = isFitted ? terminalWidth(process.stdout, process.env) : Infinity
    const widths = fitted(natural, fit)
    if (total(widths) > fit) return this.#rows(heads, cells)
    const table = new Table({
      head: heads.map(head => style.dim(head)),
      colWidths: widths.map(width => width + gap),
      chars: noLines,
      style: {head: [], border: [], 'padding-left': 0, 'padding-right': gap, compact: true},
    })
    table.push(...cells.map(row => row.map(text => (text === '–' ? style.dim(text) : text))))
    for (const line of table.toString().split('\n')) this.line(line.trimEnd())
  }

  #rows(heads: readonly string[], rows: readonly string[][]): void {
    const width = Math.max(...heads.map(head => head.length)) + gap
    for (const [number, row] of rows.entries()) {
      if (number > 0) this.line()
      for (const [i, head] of heads.entries()) this.line(`${style.dim(head.padEnd(width))}${row[i]}`)
    }
  }

  /** One record, a field a line, in the order of `fields`; absent ones are left out. */
  details(record: Document, fields: readonly string[] = Object.keys(record)): void {
    const present = fields.filter(field => record[field] !== undefined)
    const width = Math.max(...present.map(field => field.length)) + gap
    for (const field of present) {
      this.line(`${style.dim(field.replaceAll('_', ' ').padEnd(width))}${cell(record[field])}`)
    }
  }
}

function rowsOf(document: unknown): Document[] {
  const {items = [document]} = document as {items?: unknown[]}
  return items.map(item => (typeof item === 'object' && item !== null ? (item as Document) : {value: item}))
}

const noLines = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'left-mid', 'mid-mid', 'right-mid', 'middle']
    .concat(['top', 'bottom'].flatMap(side => [`${side}-mid`, `${side}-left`, `${side}-right`]))
    .map(part => [part, '']),
)

const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + gap, -gap)

/** Widths that fit into `room`, taking from the widest first, but never from the first column, which names the row. */
export function fitted(natural: readonly number[], room: number): number[] {
  const widths = [...natural]
  while (total(widths) > room) {
    const widest = widths.indexOf(Math.max(...widths.slice(1)), 1)
    if (widest < 0 || (widths[widest] ?? 0) <= narrowest) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

/** A value as a person reads it; times as an age on a terminal, else as they are. */
export function cell(value: unknown): string {
  if (value === undefined || value === null) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.map(cell).join(', ')
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(([key, one]) => `${key}=${cell(one)}`)
    return pairs.length === 0 ? '–' : pairs.join(', ')
  }
  const text = printable(String(value)).replace(/ *\n/g, ' ⏎ ').replace(/⏎ $/, '⏎')
  const isTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)
  return isTime && process.stdout.isTTY ? age(Date.parse(text), Date.now()) : text
}

const units: [string, number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
]

/** A time span in its largest unit, e.g. `3 min`. */
export function span(seconds: number): string {
  const [unit, size] = units.find(([, one]) => seconds >= one) ?? ['s', 1]
  return `${Math.floor(seconds / size)} ${unit}`
}

/** A size in binary units, e.g. `1.5 MiB`. */
export function bytes(count: number): string {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, count)) / 10))
  const size = count / 1024 ** power
  return `${power === 0 ? size : size.toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`
}

const age = (then: number, now: number): string =>
  then > now ? `in ${span((then - now) / 1000)}` : `${span((now - then) / 1000)} ago`
