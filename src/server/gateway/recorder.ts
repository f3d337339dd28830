// Counts what was served and hands it on in batches: no request waits for it, nothing grows without bound.
import type {ExchangeRecord} from '../../core/contract/system.ts'
import type {Problem} from '../../core/problem.ts'
import {type Batch, latencyBuckets, type Series, type Use} from '../../core/telemetry.ts'
import type {Exchange} from './exchange.ts'

const interval = 1000
/** Exchanges of one batch; under a load beyond that many a second, the rest are counted and logged only. */
const exchangesMost = 250
/** Label sets of one batch; requests of further ones are counted under no proxy. */
const seriesMost = 2000

export interface RecorderOptions {
  worker: number
  revision: () => number
  deliver: (batch: Batch) => void | Promise<void>
  log: ((record: ExchangeRecord) => void) | undefined
  /** Hears that a batch could not be delivered; it is not sent again, or it might count twice. */
  report: (error: unknown) => void
}

export class Recorder {
  readonly #options: RecorderOptions
  #timer: NodeJS.Timeout
  #inFlight = 0
  #series = new Map<string, Series>()
  #errors = new Map<string, {proxy: string; code: string; count: number}>()
  #exchanges: ExchangeRecord[] = []
  #uses = new Map<string, Use>()
  #delivering: Promise<void> = Promise.resolve()
  #busy = false

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#timer = this.#atTheNext()
  }

  /** Every worker at the same moments by the clock, so that who follows can put theirs in one order. */
  #atTheNext(): NodeJS.Timeout {
    const flush = (): void => {
      this.#timer = this.#atTheNext()
      void this.flush()
    }
    return setTimeout(flush, interval - (Date.now() % interval)).unref()
  }

  began(): void {
    this.#inFlight++
  }

  ended(exchange: Exchange): void {
    this.#inFlight--
    const {log} = this.#options
    if (log || this.#exchanges.length < exchangesMost) {
      const record = exchange.record()
      if (this.#exchanges.length < exchangesMost) this.#exchanges.push(record)
      log?.(record)
    }
    this.#count(exchange)
  }

  upstreamFailed(exchange: Exchange, {code}: Problem): void {
    const proxy = labelOf(exchange)
    const key = `${proxy} ${code}`
    const known = this.#errors.get(key)
    if (known) known.count++
    else if (this.#errors.size < seriesMost) this.#errors.set(key, {proxy, code, count: 1})
  }

  tokenUsed(name: string): void {
    const last = new Date().toISOString()
    this.#uses.set(name, {name, last, count: (this.#uses.get(name)?.count ?? 0) + 1})
  }

  /** Deliver what there is; nothing new too, for that says the worker lives. */
  flush(): Promise<void> {
    if (!this.#busy) this.#delivering = this.#deliver()
    return this.#delivering
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#delivering
    await this.flush()
  }

  async #deliver(): Promise<void> {
    const {worker, revision, deliver, report} = this.#options
    const batch: Batch = {
      worker,
      pid: process.pid,
      revision: revision(),
      inFlight: this.#inFlight,
      series: [...this.#series.values()],
      upstreamErrors: [...this.#errors.values()],
      exchanges: this.#exchanges,
      uses: [...this.#uses.values()],
    }
    this.#series = new Map()
    this.#errors = new Map()
    this.#exchanges = []
    this.#uses = new Map()
    this.#busy = true
    try {
      await deliver(batch)
    } catch (error) {
      report(error)
    } finally {
      this.#busy = false
    }
  }

  #count(exchange: Exchange): void {
    const seconds = (performance.now() - exchange.started) / 1000
    const series = this.#seriesOf(labelOf(exchange), exchange.match.route?.route_id ?? '', exchange.status)
    series.requests++
    series.seconds += seconds
    let bucket = 0
    while (bucket < latencyBuckets.length && seconds > (latencyBuckets[bucket] as number)) bucket++
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
    series.bytesIn += exchange.bytesIn
    series.bytesOut += exchange.bytesOut
  }

  #seriesOf(proxy: string, route: string, code: number): Series {
    const status = `${Math.floor(code / 100)}xx`
    const key = `${proxy} ${route} ${status}`
    const known = this.#series.get(key)
    if (known) return known
    if (this.#series.size >= seriesMost && proxy !== '') return this.#seriesOf('', '', code)
    const buckets = [...latencyBuckets.map(() => 0), 0]
    const made = {proxy, route, status, requests: 0, seconds: 0, buckets, bytesIn: 0, bytesOut: 0}
    this.#series.set(key, made)
    return made
  }
}

/** Labels come from records only, so that no request can make up new ones. */
const labelOf = ({match}: Exchange): string =>
  match.proxy?.hostname ?? (match.builtin || match.route ? 'console' : '')
