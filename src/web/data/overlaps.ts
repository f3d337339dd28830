// Routes that no request reaches, because one that is tried before takes all of theirs.
import type {Route} from '../../core/contract/route.ts'

export interface Overlap {
  above: Route
  below: Route
}

/** How many hiding routes are looked at for one; enough for tables people write by hand. */
const maxLooked = 2000

export function overlaps(routes: readonly Route[]): Overlap[] {
  const on = routes.filter(({enabled}) => enabled).toSorted((one, other) => other.priority - one.priority)
  const wide = on.filter(({is_regex, is_exact}) => !is_regex && !is_exact).slice(0, maxLooked)
  return on.flatMap(below => {
    const above = wide.find(one => one !== below && one.priority > below.priority && hides(one, below))
    return above ? [{above, below}] : []
  })
}

function hides(above: Route, below: Route): boolean {
  if (below.is_regex && above.path_pattern !== '/') return false
  return (
    isBelow(below.path_pattern, above.path_pattern) &&
    covers(above.methods, below.methods) &&
    (above.hosts === undefined
      ? below.hosts === undefined && above.owner === below.owner
      : covers(above.hosts, below.hosts ?? ['*']))
  )
}

const isBelow = (path: string, prefix: string): boolean => {
  const start = prefix.replace(/\/$/, '')
  return start === '' || path === start || path.startsWith(`${start}/`)
}

const covers = (wide: readonly string[], narrow: readonly string[]): boolean =>
  wide.includes('*') || narrow.every(one => wide.includes(one))
