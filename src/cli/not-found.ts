// What oclif calls when there is no such command: name the nearest.
import type {Hook} from '@oclif/core'
import {Problem} from '../core/problem.ts'

const hook: Hook.CommandNotFound = async ({id, config}) => {
  const asked = id.replaceAll(':', ' ')
  const known = config.commands.filter(one => !one.hidden).map(one => one.id.replaceAll(':', ' '))
  const nearest = known
    .map(name => ({name, distance: editDistance(asked, name)}))
    .toSorted((a, b) => a.distance - b.distance)[0]
  const isNear = nearest && nearest.distance <= Math.max(2, asked.length / 3)
  throw new Problem('usage', `There is no command \`${asked}\`.`, {
    hint: isNear ? `did you mean \`mcpx ${nearest.name}\`?` : 'see what there is: `mcpx --help`',
  })
}
export default hook

/** How many letters to insert, delete or replace (Levenshtein). */
export function editDistance(one: string, other: string): number {
  let row = Array.from({length: other.length + 1}, (_, i) => i)
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1]
    for (let j = 0; j < other.length; j++) {
      const replaced = (row[j] ?? 0) + (letter === other[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
