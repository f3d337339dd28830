// What can come next on a command line: commands, flags, their values, and the names of records.
import type {Command, Interfaces} from '@oclif/core'
import {connect} from '../core/connect.ts'
import {operations} from '../core/contract/index.ts'
import {readContexts} from './contexts.ts'
import {formats} from './output.ts'
import {recordNames} from './record-names.ts'
import {chooseServer} from './server.ts'

/** Candidates for the last of `words`, which may be empty; the words before it are whole. */
export async function candidates(words: readonly string[], config: Interfaces.Config): Promise<string[]> {
  const last = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const [, flag, part = ''] = /^(--[\w-]+)=(.*)$/.exec(last) ?? []
  if (flag !== undefined)
    return (await candidates([...before, flag, part], config)).map(one => `${flag}=${one}`)
  const {command, rest} = commandOf(before, config)
  const all = command ? await forCommand(command, rest, last) : nextWords(before, config)
  return [...new Set(all)].filter(one => one.startsWith(last)).toSorted()
}

/** The longest command the words begin with, and the words after it. */
function commandOf(
  words: readonly string[],
  config: Interfaces.Config,
): {command?: Command.Loadable; rest: readonly string[]} {
  for (let length = words.length; length > 0; length--) {
    const command = config.findCommand(words.slice(0, length).join(':'))
    if (command) return {command, rest: words.slice(length)}
  }
  return {rest: words}
}

function nextWords(before: readonly string[], {commands}: Interfaces.Config): string[] {
  const ids = commands.filter(one => !one.hidden).map(({id}) => id.split(':'))
  return ids.flatMap(id => (before.every((word, i) => id[i] === word) ? (id[before.length] ?? []) : []))
}

async function forCommand(
  command: Command.Loadable,
  rest: readonly string[],
  last: string,
): Promise<string[]> {
  const flags = Object.values(command.flags)
  const previous = rest.at(-1) ?? ''
  const open = flags.find(
    one => one.type === 'option' && (previous === `--${one.name}` || previous === `-${one.char}`),
  )
  if (open?.name === 'output') return [...formats]
  if (open) return open.type === 'option' ? [...(open.options ?? [])] : []
  if (last.startsWith('-')) return flags.filter(one => !one.hidden).map(({name}) => `--${name}`)
  const given = rest.filter((word, i) => !word.startsWith('-') && !takesValue(flags, rest[i - 1] ?? ''))
  const arg = Object.values(command.args)[given.length]
  if (!arg) return []
  return arg.options ? [...arg.options] : namesOf(command, arg.name, given)
}

const takesValue = (flags: readonly Command.Flag.Cached[], word: string): boolean =>
  flags.some(one => one.type === 'option' && (word === `--${one.name}` || word === `-${one.char}`))

/** Keys of the records that `field` of a command names, after the words given. */
async function namesOf(
  {id, args}: Command.Loadable,
  field: string,
  given: readonly string[],
): Promise<string[]> {
  if (id.startsWith('context:')) return Object.keys(readContexts().contexts)
  const operation = operations.find(one => one.id === id.replaceAll(':', '.'))
  if (!operation) return []
  const params = Object.fromEntries(Object.keys(args).map((name, i) => [name, given[i]]))
  try {
    return await recordNames(connect(chooseServer({})), operation, field, params)
  } catch {
    return []
  }
}

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** What makes a shell ask `mcpx complete`, and offer files where nothing is known. */
export const scripts: Readonly<Record<Shell, string>> = {
  // Bash takes colons, which names of resources have, and equals signs for ends of words: so the line is split here,
  // and what stands before the last of them left out of the answers.
  bash: `_mcpx() {
  local IFS=$' \\t\\n' line="\${COMP_LINE:0:COMP_POINT}" ends="\${COMP_WORDBREAKS//[^:=]/}" words current
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current="\${words[\${#words[@]}-1]}"
  IFS=$'\\n'
  COMPREPLY=($(mcpx complete -- "\${words[@]:1}" 2>/dev/null))
  [[ $ends ]] && COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*["$ends"]}"}"}")
}
complete -o default -F _mcpx mcpx
`,
  zsh: `#compdef mcpx
_mcpx() {
  local -a found
  found=(\${(f)"$(mcpx complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( $#found )); then compadd -- $found; else _files; fi
}
compdef _mcpx mcpx
`,
  fish: `function __mcpx_complete
  set --local found (mcpx complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if set --query found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete --command mcpx --no-files --arguments '(__mcpx_complete)'
`,
}
