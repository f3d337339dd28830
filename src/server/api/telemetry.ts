// The figures of this replica: gathers what workers report, answers /stats and /metrics.
import type {Stats} from '../../core/contract/system.ts'
import type {Exchanges} from '../../core/store/exchanges.ts'
import {type Batch, latencyBuckets, type Series} from '../../core/telemetry.ts'
import {History} from './history.ts'

interface Worker {
  pid: number
  revision: number
  inFlight: number
  seenAt: number
}

/** How many label sets /metrics shows; what comes beyond is counted under `other`. */
const maxSeries = 2000

export class Telemetry {
  readonly #exchanges: Exchanges
  readonly history = new History()
  readonly #series = new Map<string, Series>()
  readonly #upstreamErrors = new Map<string, {proxy: string; code: string; count: number}>()
  readonly #workers = new Map<number, Worker>()

  constructor(exchanges: Exchanges) {
    this.#exchanges = exchanges
  }

  /** Take the increments of one worker. Rejects when Redis does not take the exchanges; the figures count all the same. */
  async accept(batch: Batch): Promise<void> {
    this.#workers.set(batch.worker, {
      pid: batch.pid,
      revision: batch.revision,
      inFlight: batch.inFlight,
      seenAt: Date.now(),
    })
    for (const one of batch.series) {
      this.#add(one)
      this.history.add(one, Date.now())
    }
    for (const {proxy, code, count} of batch.upstreamErrors) {
      const known = this.#upstreamErrors.get(`${proxy} ${code}`)
      if (known) known.count += count
      else if (this.#upstreamErrors.size < maxSeries)
        this.#upstreamErrors.set(`${proxy} ${code}`, {proxy, code, count})
    }
    await this.#exchanges.append(batch.exchanges)
  }

  /** Workers that reported in the last 5 seconds. */
  get workers(): Worker[] {
    return [...this.#workers.values()].filter(({seenAt}) => Date.now() - seenAt < 5000)
  }

  /** Newest change that every worker serves. */
  get revision(): number {
    return this.workers.reduce(
      (least, {revision}) => Math.min(least, revision),
      this.workers[0]?.revision ?? 0,
    )
  }

  /** The figures of /stats; `visible` says which proxies the caller may see. */
  summary(
    visible: (proxy: string) => boolean,
  ): Pick<Stats, 'requests' | 'in_flight' | 'errors' | 'bytes_in' | 'bytes_out' | 'proxies'> {
    const total = {requests: 0, errors: 0, bytes_in: 0, bytes_out: 0}
    const proxies = new Map<string, {requests: number; errors: number; seconds: number}>()
    for (const one of this.#series.values()) {
      if (!visible(one.proxy)) continue
      const errors = one.status === '5xx' ? one.requests : 0
      total.requests += one.requests
      total.errors += errors
      total.bytes_in += one.bytesIn
      total.bytes_out += one.bytesOut
      const proxy = proxies.get(one.proxy) ?? {requests: 0, errors: 0, seconds: 0}
      proxies.set(one.proxy, {
        requests: proxy.requests + one.requests,
        errors: proxy.errors + errors,
        seconds: proxy.seconds + one.seconds,
      })
    }
    const busiest = [...proxies]
      .filter(([hostname]) => hostname !== '')
      .sort(([, one], [, other]) => other.requests - one.requests)
      .slice(0, 100)
      .map(([hostname, {requests, errors, seconds}]) => ({
        hostname,
        requests,
        errors,
        mean_ms: Math.round((seconds / requests) * 1e5) / 100,
      }))
    return {
      ...total,
      in_flight: this.workers.reduce((sum, {inFlight}) => sum + inFlight, 0),
      proxies: busiest,
    }
  }

  /** Prometheus text exposition format 0.0.4. */
  exposition(uptime: number): string {
    const lines: string[] = []
    const metric = (name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    }
    metric('mcpx_uptime_seconds', 'gauge', 'Seconds since this replica started.')
    lines.push(`mcpx_uptime_seconds ${uptime}`)
    metric('mcpx_snapshot_revision', 'gauge', 'Newest change a worker serves.')
    for (const [worker, {revision}] of this.#workers)
      lines.push(`mcpx_snapshot_revision{worker="${worker}"} ${revision}`)
    metric('mcpx_requests_in_flight', 'gauge', 'Requests under way.')
    for (const [worker, {inFlight}] of this.#workers)
      lines.push(`mcpx_requests_in_flight{worker="${worker}"} ${inFlight}`)
    const all = [...this.#series.values()]
    metric('mcpx_requests_total', 'counter', 'Requests ended.')
    for (const one of all) lines.push(`mcpx_requests_total{${labels(one)}} ${one.requests}`)
    metric('mcpx_request_bytes_total', 'counter', 'Request body bytes received.')
    for (const one of all) lines.push(`mcpx_request_bytes_total{${labels(one)}} ${one.bytesIn}`)
    metric('mcpx_response_bytes_total', 'counter', 'Response body bytes sent.')
    for (const one of all) lines.push(`mcpx_response_bytes_total{${labels(one)}} ${one.bytesOut}`)
    metric('mcpx_request_duration_seconds', 'histogram', 'Duration of requests.')
    for (const one of all) lines.push(...histogram('mcpx_request_duration_seconds', one))
    metric('mcpx_upstream_errors_total', 'counter', 'Requests that failed at the upstream.')
    for (const {proxy, code, count} of this.#upstreamErrors.values()) {
      lines.push(`mcpx_upstream_errors_total{proxy="${escaped(proxy)}",code="${code}"} ${count}`)
    }
    return `${lines.join('\n')}\n`
  }

  #add(one: Series): void {
    let key = `${one.proxy} ${one.route} ${one.status}`
    let known = this.#series.get(key)
    if (!known && this.#series.size >= maxSeries) {
      key = `other ${one.status}`
      known = this.#series.get(key)
      if (!known) this.#series.set(key, {...one, proxy: 'other', route: '', buckets: [...one.buckets]})
    } else if (!known) {
      this.#series.set(key, {...one, buckets: [...one.buckets]})
    }
    if (!known) return
    known.requests += one.requests
    known.seconds += one.seconds
    known.bytesIn += one.bytesIn
    known.bytesOut += one.bytesOut
    one.buckets.forEach((count, index) => {
      known.buckets[index] = (known.buckets[index] ?? 0) + count
    })
  }
}

const escaped = (label: string): string =>
  label.replace(/[\\"\n]/g, character => (character === '\n' ? '\\n' : `\\${character}`))

const labels = ({proxy, route, status}: Series): string =>
  `proxy="${escaped(proxy)}",route="${escaped(route)}",status="${status}"`

function histogram(name: string, one: Series): string[] {
  const set = labels(one)
  let sum = 0
  const buckets = [...latencyBuckets, '+Inf'].map((bound, index) => {
    sum += one.buckets[index] ?? 0
    return `${name}_bucket{${set},le="${bound}"} ${sum}`
  })
  return [...buckets, `${name}_sum{${set}} ${one.seconds}`, `${name}_count{${set}} ${one.requests}`]
}
