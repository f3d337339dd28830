// Records as documents in files: read from a file, a folder or standard input, and how a plan reads.
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import type {Documents, Plan} from '../core/contract/configuration.ts'
import {Problem} from '../core/problem.ts'
import {shellWord} from './hint.ts'
import {nearest} from './nearest.ts'
import {cell, type Output} from './output.ts'
import {printable} from './printable.ts'
import {fromYaml} from './serialize.ts'
import {style} from './style.ts'

/** The documents of all `places` together: YAML or JSON files, folders of them, `-` for standard input. Throws usage. */
export async function readDocuments(places: readonly string[]): Promise<Documents> {
  const together: Documents = {}
  for (const file of places.flatMap(filesAt)) {
    for (const [noun, list] of Object.entries(await readFile(file)))
      together[noun] = [...(together[noun] ?? []), ...list]
  }
  return together
}

function filesAt(place: string): string[] {
  if (place === '-') return ['-']
  const found = statSync(place, {throwIfNoEntry: false})
  if (!found) throw missing(place)
  if (!found.isDirectory()) return [place]
  const names = readdirSync(place).filter(name => /\.(ya?ml|json)$/.test(name))
  if (names.length === 0) throw new Problem('usage', `${place} has no .yaml, .yml or .json file.`)
  return names.toSorted().map(name => join(place, name))
}

function missing(place: string): Problem {
  const folder = dirname(place)
  const beside = existsSync(folder) ? readdirSync(folder) : []
  const near = nearest(basename(place), beside)
  const hint =
    near === undefined
      ? `write one with \`mcpx export > ${shellWord(place)}\`, or give \`-\` to read standard input`
      : `did you mean \`${join(folder, near)}\`?`
  return new Problem('usage', `There is no file ${place}.`, {hint})
}

async function readFile(file: string): Promise<Documents> {
  const name = file === '-' ? 'standard input' : file
  const hint = 'write lists of records by noun, as `mcpx export` does'
  let content: unknown
  try {
    content = await fromYaml(readFileSync(file === '-' ? 0 : file, 'utf8'))
  } catch (error) {
    throw new Problem('usage', `${name}: ${(error as Error).message}`, {hint})
  }
  if (content === null) return {}
  const isDocuments =
    typeof content === 'object' &&
    !Array.isArray(content) &&
    Object.values(content).every(list => Array.isArray(list) && list.every(isObject))
  if (isDocuments) return content as Documents
  throw new Problem('usage', `${name} has no lists of records by noun.`, {hint})
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const signs = {create: style.green('+'), update: style.yellow('~'), delete: style.red('-')}

/** A line for each record, and one for each field that changes; what is left out goes to standard error. */
export function showPlan(plan: Plan, output: Output): void {
  const {changes, unchanged} = plan
  for (const {action, noun, key, fields} of changes) {
    output.line(`${signs[action]} ${noun} ${printable(key)}`)
    if (action === 'delete') continue
    for (const {field, from, to} of fields) {
      const before = from === undefined ? '' : `${style.red(cell(from))} → `
      output.line(
        `    ${field}: ${action === 'create' ? '' : before}${to === undefined ? 'removed' : style.green(cell(to))}`,
      )
    }
  }
  const count = (action: string): number => changes.filter(change => change.action === action).length
  showSkipped(plan, output)
  output.note(
    `${count('create')} to create, ${count('update')} to change, ${count('delete')} to delete, ${unchanged} as they should be`,
  )
}

export function showSkipped({skipped}: Plan, output: Output): void {
  for (const {noun, key, reason, remedy} of skipped)
    output.note(`${style.yellow('!')} ${noun} ${printable(key)} is left out: ${reason}; ${printable(remedy)}`)
}
