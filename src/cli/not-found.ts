// What oclif calls when there is no such command: name the nearest.
import type {Hook, Interfaces} from '@oclif/core'
import {Problem} from '../core/problem.ts'
import {nearest} from './nearest.ts'

const hook: Hook.CommandNotFound = async ({id, config}) => {
  throw notFound(id, config)
}
export default hook

/** `topics` are what `mcpx help` explains beside commands. */
export function notFound(id: string, config: Interfaces.Config, topics: readonly string[] = []): Problem {
  const asked = id.replaceAll(':', ' ')
  if (asked.startsWith('-'))
    return new Problem('usage', `There is no command before \`${asked}\`.`, {
      hint: 'write the command first, its options behind it; see `mcpx --help`',
    })
  const commands = config.commands.filter(one => !one.hidden).map(one => one.id)
  const known = [...commands, ...config.topics.map(one => one.name)].map(one => one.replaceAll(':', ' '))
  const whole = commands.map(one => one.replaceAll(':', ' ')).find(one => asked.startsWith(`${one} `))
  if (whole !== undefined)
    return new Problem('usage', `\`${whole}\` takes no argument: ${asked.slice(whole.length + 1)}`, {
      hint: `see \`mcpx ${whole} --help\``,
    })
  const topic = nearest(asked, topics)
  const alike = known.filter(one => isAlike(asked, one))
  const near = topic === undefined ? nearest(asked, alike) : `help ${topic}`
  return new Problem('usage', `There is no command \`${asked}\`.`, {
    hint: near !== undefined ? `did you mean \`mcpx ${near}\`?` : 'see what there is: `mcpx --help`',
  })
}

/** Whether each word is near the one in its place; words that were run together or split are not compared. */
function isAlike(asked: string, known: string): boolean {
  const [words, others] = [asked.split(' '), known.split(' ')]
  return words.length !== others.length || words.every((word, i) => nearest(word, [others[i] ?? '']))
}
