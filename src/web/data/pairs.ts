// Names and their values as lines of an input, and back, so that every value comes back exactly as it was.

/** What stands in bare text would come back otherwise, or could not be seen. */
const needsQuotes = (value: string): boolean => /^\s|\s$|[\r\n]|^"/.test(value)

const escapes: Record<string, string> = {'\n': '\\n', '\r': '\\r', '"': '\\"', '\\': '\\\\'}
const unescaped: Record<string, string> = {n: '\n', r: '\r', '"': '"', '\\': '\\'}

const quote = (value: string): string => `"${value.replace(/[\n\r"\\]/g, one => escapes[one] ?? one)}"`

/** `NAME=VALUE`, one a line. */
export const textOfPairs = (pairs: object): string =>
  Object.entries(pairs)
    .map(([name, value]) => `${name}=${needsQuotes(String(value)) ? quote(String(value)) : value}`)
    .join('\n')

/** In quotes, which may go over several lines. Sticky: where the value begins. */
const quoted = /"((?:[^"\\]|\\[^])*)"[^\S\n]*(?=\n|$)/y

/** Undefined where there is none. Throws an Error that says what is wrong. */
export function pairsOfText(text: string): Record<string, string> | undefined {
  const found: [name: string, value: string][] = []
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at)
    const end = newline === -1 ? text.length : newline
    const line = text.slice(at, end)
    const pair = /^\s*([^\s=][^=]*)=([^]*)$/.exec(line)
    if (!pair && line.trim() !== '')
      throw new Error(
        `\`${line.trim()}\` is not NAME=VALUE; a value of several lines stands in double quotes`,
      )
    const [, name = '', bare = ''] = pair ?? []
    quoted.lastIndex = end - bare.length
    const inQuotes = bare.startsWith('"') ? quoted.exec(text) : undefined
    if (inQuotes === null)
      throw new Error(
        `The quotes of \`${name}\` do not end with its value; a quote within is written \`\\"\``,
      )
    if (pair) found.push([name, inQuotes ? unquote(inQuotes[1] ?? '') : bare])
    at = (inQuotes ? quoted.lastIndex : end) + 1
  }
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

const unquote = (text: string): string =>
  text.replace(/\\([^])/g, (whole, one: string) => unescaped[one] ?? whole)
