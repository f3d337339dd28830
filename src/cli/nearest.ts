// What somebody who mistyped a word may have meant.

/** The one of `known` that is only some letters away; undefined when none is. */
export function nearest(asked: string, known: readonly string[]): string | undefined {
  const [first] = known
    .map(name => ({name, distance: editDistance(asked, name)}))
    .toSorted((one, other) => one.distance - other.distance)
  return first && first.distance <= Math.max(1, asked.length / 3) ? first.name : undefined
}

/** How many letters to insert, delete or replace (Levenshtein). */
export function editDistance(one: string, other: string): number {
  let row = Array.from({length: other.length + 1}, (_, i) => i)
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1]
    for (let j = 0; j < other.length; j++) {
      const replaced = (row[j] ?? 0) + (letter === other[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
