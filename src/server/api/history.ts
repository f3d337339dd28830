// What this replica served lately, in steps of a few seconds, for charts.
import type {StatsPoint} from '../../core/contract/system.ts'
import {latencyBuckets, type Series} from '../../core/telemetry.ts'

/** Seconds of one step, and how many steps are kept: half an hour. */
export const historyStep = 5
const kept = 360
/** Proxies told apart in one step; what comes beyond is counted under `other`. */
const maxProxies = 200

interface Counts {
  requests: number
  errors: number
  /** As in Series. */
  buckets: number[]
}

export class History {
  readonly #steps = new Map<number, Map<string, Counts>>()

  /** `now` in milliseconds. */
  add({proxy, status, requests, buckets}: Series, now: number): void {
    const time = stepOf(now)
    let step = this.#steps.get(time)
    if (!step) {
      step = new Map()
      this.#steps.set(time, step)
      for (const old of this.#steps.keys()) if (old <= time - kept * historyStep) this.#steps.delete(old)
    }
    const name = step.has(proxy) || step.size < maxProxies ? proxy : 'other'
    const counts = step.get(name) ?? {requests: 0, errors: 0, buckets: []}
    step.set(name, counts)
    counts.requests += requests
    if (status === '5xx') counts.errors += requests
    addUp(counts.buckets, buckets)
  }

  /** Every step up to the last whole one, oldest first, of the proxies that are `wanted`. */
  points(wanted: (proxy: string) => boolean, now: number): StatsPoint[] {
    const end = stepOf(now)
    return Array.from({length: kept}, (_, index) => {
      const time = end - (kept - index) * historyStep
      const sum: Counts = {requests: 0, errors: 0, buckets: []}
      for (const [proxy, {requests, errors, buckets}] of this.#steps.get(time) ?? []) {
        if (!wanted(proxy)) continue
        sum.requests += requests
        sum.errors += errors
        addUp(sum.buckets, buckets)
      }
      return {
        time,
        requests: sum.requests,
        errors: sum.errors,
        p50_ms: quantile(sum.buckets, 0.5),
        p95_ms: quantile(sum.buckets, 0.95),
      }
    })
  }
}

const stepOf = (milliseconds: number): number => Math.floor(milliseconds / 1000 / historyStep) * historyStep

function addUp(into: number[], more: readonly number[]): void {
  more.forEach((count, index) => {
    into[index] = (into[index] ?? 0) + count
  })
}

/** Milliseconds below which `share` of the durations lie, taken as even within a bucket; null without any. */
function quantile(buckets: readonly number[], share: number): number | null {
  const all = buckets.reduce((sum, count) => sum + count, 0)
  if (all === 0) return null
  let below = 0
  for (const [index, count] of buckets.entries()) {
    const low = latencyBuckets[index - 1] ?? 0
    const high = latencyBuckets[index] ?? low
    if (count > 0 && below + count >= share * all)
      return Math.round((low + ((share * all - below) / count) * (high - low)) * 1e5) / 100
    below += count
  }
  return null
}
