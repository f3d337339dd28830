// Which of several upstreams serves a request: the least busy of the healthy ones.
import type {Choice} from './resolve.ts'

/** Passive health: one that failed is left out for a while; when all are, the one that is due first gets another try. */
export class Balancer {
  #turn = 0

  /** `tried` have refused this request already. Undefined when none is left. */
  pick(choices: readonly Choice[], tried: readonly Choice[] = []): Choice | undefined {
    if (choices.length === 1) return tried.length === 0 ? choices[0] : undefined
    const now = performance.now()
    this.#turn = (this.#turn + 1) % 0x40000000
    let best: Choice | undefined
    for (let index = 0; index < choices.length; index++) {
      const choice = choices[(index + this.#turn) % choices.length] as Choice
      if (!tried.includes(choice) && (!best || precedes(choice, best, now))) best = choice
    }
    return best
  }
}

function precedes(one: Choice, other: Choice, now: number): boolean {
  const [a, b] = [one.upstream, other.upstream]
  const [healthy, otherHealthy] = [a.healthyAt(now), b.healthyAt(now)]
  if (healthy !== otherHealthy) return healthy
  if (!healthy) return a.ejectedUntil < b.ejectedUntil
  return a.active < b.active
}
