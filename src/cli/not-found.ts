// What oclif calls when there is no such command: name the nearest.
import type {Hook, Interfaces} from '@oclif/core'
import {Problem} from '../core/problem.ts'
import {nearest} from './nearest.ts'

const hook: Hook.CommandNotFound = async ({id, config}) => {
  throw notFound(id, config)
}
export default hook

export function notFound(id: string, config: Interfaces.Config): Problem {
  const asked = id.replaceAll(':', ' ')
  const commands = config.commands.filter(one => !one.hidden).map(one => one.id)
  const known = [...commands, ...config.topics.map(one => one.name)].map(one => one.replaceAll(':', ' '))
  const near = nearest(asked, known)
  return new Problem('usage', `There is no command \`${asked}\`.`, {
    hint: near !== undefined ? `did you mean \`mcpx ${near}\`?` : 'see what there is: `mcpx --help`',
  })
}
