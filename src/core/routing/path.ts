// The path a request is matched by. What goes upstream is the path as it was sent.

const plain = /^(?:\/[^%./\\][^%/\\]*)*\/?$/

/**
 * The path without query in one spelling: unreserved characters decoded, dot segments resolved (RFC 3986 §6.2.2),
 * slashes in a row merged, so that no other spelling of a path gets around a route. An upstream decodes likewise.
 */
export function matchPath(target: string): string {
  const end = target.search(/[?#]/)
  const path = end === -1 ? target : target.slice(0, end)
  if (plain.test(path)) return path
  const decoded = path
    .replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16))
      return /[A-Za-z0-9._~/\\-]/.test(character) ? character : escape.toUpperCase()
    })
    .replaceAll('\\', '/')
  const segments: string[] = []
  for (const segment of decoded.split('/')) {
    // Java's servers drop what follows `;` before they resolve dots.
    const [dots = ''] = segment.split(';', 1)
    if (dots === '..') segments.pop()
    else if (segment !== '' && dots !== '.') segments.push(segment)
  }
  const trailing = segments.length > 0 && /\/\.{0,2}(?:;[^/]*)?$/.test(decoded) ? '/' : ''
  return `/${segments.join('/')}${trailing}`
}

/** Without its trailing slash: `/mcp/` and `/mcp` serve the same. The root stays empty. */
export const trimmed = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path)

/** Whether `path` is `base` or lies below it, at a segment border. */
export function isBelow(path: string, base: string): boolean {
  const prefix = trimmed(base)
  return trimmed(path) === prefix || path.startsWith(`${prefix}/`)
}
