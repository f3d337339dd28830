// What oclif calls when there is no such command: name the nearest.
import type {Hook, Interfaces} from '@oclif/core'
import {Problem} from '../core/problem.ts'

const hook: Hook.CommandNotFound = async ({id, config}) => {
  throw notFound(id, config)
}
export default hook

export function notFound(id: string, config: Interfaces.Config): Problem {
  const asked = id.replaceAll(':', ' ')
  const commands = config.commands.filter(one => !one.hidden).map(one => one.id)
  const known = [...commands, ...config.topics.map(one => one.name)].map(one => one.replaceAll(':', ' '))
  const [nearest] = known
    .map(name => ({name, distance: editDistance(asked, name)}))
    .toSorted((one, other) => one.distance - other.distance)
  const isNear = nearest && nearest.distance <= Math.max(1, asked.length / 3)
  return new Problem('usage', `There is no command \`${asked}\`.`, {
    hint: isNear ? `did you mean \`mcpx ${nearest.name}\`?` : 'see what there is: `mcpx --help`',
  })
}

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
