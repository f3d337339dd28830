// One call of the admin API: who calls, what for, and what handlers are made of.
import type {Config} from '../../core/config.ts'
import type {DemoStatus} from '../../core/contract/system.ts'
import type {Input, Output, Shape} from '../../core/operation.ts'
import {Problem} from '../../core/problem.ts'
import type {Exchanges} from '../../core/store/exchanges.ts'
import type {Records} from '../../core/store/records.ts'
import type {Store} from '../../core/store/store.ts'
import type {Telemetry} from './telemetry.ts'

/** Name of the admin token, which owns what the operator creates. */
export const adminName = 'ADMIN'

export interface Caller {
  /** Name of the token. */
  name: string
  admin: boolean
  /** Whether the call came from this machine. */
  loopback: boolean
}

export interface Call<S extends Shape> extends Input<S> {
  caller: Caller
  /** Revision of `If-Match`, if one was sent. */
  revision: number | undefined
  /** Aborts when the caller has gone. */
  signal: AbortSignal
}

/** A stream operation yields its events; every other answers once. */
export type Handler<S extends Shape> = S extends {stream: true}
  ? (call: Call<S>) => AsyncIterable<Output<S>>
  : (call: Call<S>) => Promise<Output<S>>
export type Handlers<G extends Record<string, Shape>> = {[K in keyof G]: Handler<G[K]>}

/** What the demo does; serve.ts hands it in. */
export interface DemoControl {
  start(): Promise<DemoStatus>
  status(): Promise<DemoStatus>
  remove(): Promise<void>
}

/** Everything handlers work with. */
export interface Parts {
  config: Config
  store: Store
  records: Records
  exchanges: Exchanges
  telemetry: Telemetry
  demo: DemoControl
  replica: string
  version: string
  /** Public ports of this replica, to tell a target that is mcpx itself. */
  ports: () => number[]
  /** How many gateway workers should run. */
  workers: number
}

/** Assigned fields of a new record. */
export function assigned(caller: Caller): {owner: string; created_at: string; updated_at: string} {
  const now = new Date().toISOString()
  return {owner: caller.name, created_at: now, updated_at: now}
}

/** The owner a list is limited to: every token sees its own, admin all. */
export const visibleOwner = (caller: Caller): string | undefined => (caller.admin ? undefined : caller.name)

/** Throws not-found for what the caller may not see: another owner's record looks as if it did not exist. */
export function owned<R extends {owner: string}>(
  caller: Caller,
  noun: string,
  key: string,
  record: R | undefined,
): R {
  if (!record || !(caller.admin || record.owner === caller.name))
    throw new Problem('not-found', `There is no ${noun} ${key}`)
  return record
}

/** Merge an update into a record: absent stays, `null` removes (RFC 7396, one level). */
export function merge<R extends object>(record: R, update: object): R & {updated_at: string} {
  const next = {...record} as Record<string, unknown>
  for (const [field, value] of Object.entries(update)) {
    if (value === null) delete next[field]
    else if (value !== undefined) next[field] = value
  }
  return {...(next as R), updated_at: new Date().toISOString()}
}
