// Which priorities change when a route is moved to another place among those that are tried in order.

export interface Ranked {
  route_id: string
  priority: number
}

/** Priorities people may give; above are those of mcpx itself. */
const highest = 89

/**
 * What to save so that the route at `from` stands at `to`; `routes` as they are tried, highest priority first. Mostly the moved one
 * alone; where its new neighbours leave no number between them, those before it move up, or else those behind it down.
 * Undefined where there is no room.
 */
export function reorder(routes: readonly Ranked[], from: number, to: number): Ranked[] | undefined {
  const moved = routes[from]
  if (!moved || from === to || to < 0 || to >= routes.length) return []
  const rest = routes.filter(one => one !== moved)
  const [above, below] = [rest.slice(0, to), rest.slice(to)]
  const floor = below[0]?.priority ?? -1
  const ceiling = above.at(-1)?.priority ?? highest + 1
  if (ceiling - floor > 1) {
    const middle = Math.floor((ceiling + floor) / 2)
    return [{...moved, priority: above.length === 0 ? Math.min(floor + 10, middle) : middle}]
  }
  return raised(above, moved, floor + 1) ?? lowered(below, moved, ceiling - 1)
}

/** The moved one at `priority`, those before it pushed up as far as needed; highest first, as they are to be saved. */
function raised(above: readonly Ranked[], moved: Ranked, priority: number): Ranked[] | undefined {
  const changed: Ranked[] = [{...moved, priority}]
  let taken = priority
  for (const one of above.toReversed()) {
    if (one.priority > taken) break
    taken += 1
    changed.unshift({...one, priority: taken})
  }
  return taken > highest ? undefined : changed
}

function lowered(below: readonly Ranked[], moved: Ranked, priority: number): Ranked[] | undefined {
  const changed: Ranked[] = [{...moved, priority}]
  let taken = priority
  for (const one of below) {
    if (one.priority < taken) break
    taken -= 1
    changed.unshift({...one, priority: taken})
  }
  return taken < 0 ? undefined : changed
}
