// What gateway workers tell the control process about the requests they served, in batches of increments.
import type {ExchangeRecord} from './contract/system.ts'

/** Upper bounds of the latency histogram, in seconds; one more bucket holds the rest. */
export const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const

/** Increments of one label set since the last batch. */
export interface Series {
  /** Hostname of the proxy; `console` for built-in parts; empty for requests that matched none. */
  proxy: string
  /** Id of the route; empty for the target of the proxy. */
  route: string
  /** `1xx` … `5xx`. */
  status: string
  requests: number
  /** Sum of durations in seconds. */
  seconds: number
  /** One count for each of latencyBuckets and one for the rest, not cumulative. */
  buckets: number[]
  bytesIn: number
  bytesOut: number
}

/** Of a port token. */
export interface Use {
  name: string
  count: number
  /** RFC 3339. */
  last: string
}

export interface Batch {
  /** Number of the worker within its replica, from 0. */
  worker: number
  pid: number
  /** Newest change of the snapshot it serves. */
  revision: number
  inFlight: number
  series: Series[]
  /** Upstream failures by proxy and problem code. */
  upstreamErrors: {proxy: string; code: string; count: number}[]
  /** Requests that ended since the last batch, oldest first; at most 250, the rest are only counted. */
  exchanges: ExchangeRecord[]
  /** Uses of port tokens since the last batch. */
  uses?: Use[]
}
