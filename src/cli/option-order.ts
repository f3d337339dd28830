// Common options may stand before the command, as in `mcpx --context prod proxy list`; oclif wants them behind it.

/** `argv` with the common options in front of the command moved behind it. */
export async function commandFirst(argv: readonly string[]): Promise<string[]> {
  if (argv[0]?.startsWith('-') !== true) return [...argv]
  const {commonFlags} = await import('./command.ts')
  const named = Object.entries(commonFlags)
  const front: string[] = []
  const rest = [...argv]
  for (let [word = ''] = rest; word.startsWith('-'); [word = ''] = rest) {
    const known = named.find(
      ([name, {char}]) => isNamed(word, name) || (char !== undefined && word.startsWith(`-${char}`)),
    )
    if (!known) return [...argv]
    const [name, {type, char}] = known
    const isWhole = word === `--${name}` || word === `-${char}`
    front.push(...rest.splice(0, type === 'option' && isWhole ? 2 : 1))
  }
  const end = rest.indexOf('--')
  return end < 0 ? [...rest, ...front] : [...rest.slice(0, end), ...front, ...rest.slice(end)]
}

const isNamed = (word: string, name: string): boolean => word === `--${name}` || word.startsWith(`--${name}=`)
