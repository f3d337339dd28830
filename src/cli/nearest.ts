// What somebody who mistyped a word may have meant.

/** The one of `known` that is only some letters away; undefined when none is. */
export function nearest(asked: string, known: readonly string[]): string | undefined {
  const [first] = known
    .map(name => ({name, distance: editDistance(asked, name)}))
    .toSorted((one, other) => one.distance - other.distance)
  return first && first.distance <= Math.max(1, Math.round(asked.length / 4)) ? first.name : undefined
}

/** How many letters to insert, delete, replace, or swap with their neighbour (optimal string alignment). */
export function editDistance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({length: other.length + 1}, (_, i) => i)
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < other.length; j++) {
      const replaced = (row[j] ?? 0) + (one[i] === other[j] ? 0 : 1)
      const isSwap = i > 0 && j > 0 && one[i] === other[j - 1] && one[i - 1] === other[j]
      const swapped = isSwap ? (before[j - 1] ?? 0) + 1 : Infinity
      next.push(Math.min(replaced, swapped, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[other.length] ?? 0
}
