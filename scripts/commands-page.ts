// docs/commands.md: every command with its arguments, flags and examples, from the manifest of oclif.

interface Input {
  name: string
  description?: string
  char?: string
  type?: string
  required?: boolean
  hidden?: boolean
  helpGroup?: string
  helpValue?: string
  options?: string[]
  allowNo?: boolean
}

interface Command {
  id: string
  hidden?: boolean
  summary?: string
  description?: string
  args: Record<string, Input>
  flags: Record<string, Input>
  examples?: {description: string; command: string}[]
}

/** `manifest` is the text of oclif.manifest.json. */
export function commandsPage(manifest: string): string {
  const {commands} = JSON.parse(manifest) as {commands: Record<string, Command>}
  const shown = Object.values(commands).filter(({hidden}) => !hidden)
  shown.sort((one, other) => (one.id < other.id ? -1 : 1))
  const common = shown.find(({id}) => id === 'proxy:list')?.flags ?? {}
  return [
    '# Commands',
    '',
    '`mcpx COMMAND --help` says the same; `mcpx help exit-codes` and `mcpx help environment` say what holds for all.',
    '',
    'Made by `npm run made` from `src/commands/`.',
    '',
    '## Flags that every command has',
    '',
    ...Object.values(common)
      .filter(({helpGroup}) => helpGroup === 'COMMON')
      .map(flagLine),
    '',
    ...shown.flatMap(section),
  ].join('\n')
}

function section({id, summary = '', description, args, flags, examples = []}: Command): string[] {
  const words = id.replaceAll(':', ' ')
  const own = Object.values(flags).filter(({helpGroup, hidden}) => helpGroup !== 'COMMON' && !hidden)
  const usage = Object.values(args).map(({name, required}) => (required ? name : `[${name}]`).toUpperCase())
  return [
    `## mcpx ${words}`,
    '',
    ...[summary, description].flatMap(text => (text ? [text, ''] : [])),
    '```',
    ['mcpx', words, ...usage].join(' '),
    '```',
    '',
    ...list(
      Object.values(args).map(({name, description: text = ''}) => `- \`${name.toUpperCase()}\`: ${text}`),
    ),
    ...list(own.map(flagLine)),
    ...examples.flatMap(one => [`${one.description}:`, '', '```', one.command, '```', '']),
  ]
}

const list = (lines: string[]): string[] => (lines.length > 0 ? [...lines, ''] : [])

function flagLine({
  name,
  char,
  type,
  description = '',
  required,
  helpValue,
  options,
  allowNo,
}: Input): string {
  const value = type === 'option' ? ` ${helpValue ?? `<${options?.join('|') ?? name}>`}` : ''
  const flag = `${char ? `-${char}, ` : ''}--${allowNo ? '[no-]' : ''}${name}${value}`
  return `- \`${flag}\`: ${description}${required ? ' (required)' : ''}`
}
