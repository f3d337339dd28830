// How commands are written in hints, so that they can be typed where the person is.
import {delimiter, dirname} from 'node:path'

/** `mcpx` when it is on the PATH, else `npx mcpx` (a clone, or npx itself). */
export function commandName(
  script: string | undefined = process.argv[1],
  environment: Record<string, string | undefined> = process.env,
): string {
  const byNpm = environment['npm_command'] !== undefined
  const onPath = script && (environment['PATH'] ?? '').split(delimiter).includes(dirname(script))
  return onPath && !byNpm ? 'mcpx' : 'npx mcpx'
}

const here = commandName()

/** A text whose commands begin with `mcpx`, in backticks, as they can be typed here. */
export const typed = (text: string): string => text.replaceAll('`mcpx ', `\`${here} `)

/** One word of a shell, quoted where it must be; what is printed is pasted, and others wrote what is in it. */
export const shellWord = (text: string): string =>
  /^[\w:/.@%+=,~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
