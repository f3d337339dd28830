// As much of `node:path` as the reader of .dockerignore needs, in the browser.

export const sep = '/'

/** Without `.`, doubled slashes and what `..` takes back; a slash at the end stays, as with Node. */
export function normalize(path: string): string {
  const isAbsolute = path.startsWith(sep)
  const parts: string[] = []
  for (const part of path.split(sep)) {
    if (part === '' || part === '.') continue
    const canGoBack = parts.length > 0 && parts.at(-1) !== '..'
    if (part === '..' && canGoBack) parts.pop()
    else if (part !== '..' || !isAbsolute) parts.push(part)
  }
  const end = parts.length > 0 && path.endsWith(sep) ? sep : ''
  const whole = `${isAbsolute ? sep : ''}${parts.join(sep)}${end}`
  if (whole !== '') return whole
  return path.endsWith(sep) ? './' : '.'
}

export function dirname(path: string): string {
  const at = path.replace(/(?<=.)\/+$/, '').lastIndexOf(sep)
  if (at === -1) return '.'
  return at === 0 ? sep : path.slice(0, at)
}
