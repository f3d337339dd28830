// What a container wrote and what it uses.
import type {LogLine, ServiceStats} from '../../core/contract/service.ts'

export interface LogWish {
  /** How many lines back. */
  lines?: number
  /** RFC 3339. */
  since?: string
  timestamps?: boolean
}

/** Query of the engine's logs endpoint. */
export const logOptions = ({lines = 100, since, timestamps = false}: LogWish) => ({
  stdout: true as const,
  stderr: true as const,
  tail: lines,
  timestamps,
  ...(since !== undefined && {since: Date.parse(since) / 1000}),
})

/** The engine's frames: 1 byte stream, 3 empty, 4 bytes length, then text; one frame can hold part of a line. */
export async function* logLines(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  timestamps: boolean,
): AsyncGenerator<LogLine> {
  let buffer: Buffer = Buffer.alloc(0)
  const partial = {stdout: '', stderr: ''}
  const decoders = {stdout: new TextDecoder(), stderr: new TextDecoder()}
  for await (const chunk of source) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
    while (buffer.length >= 8) {
      const length = buffer.readUInt32BE(4)
      if (buffer.length < 8 + length) break
      const stream = buffer[0] === 2 ? 'stderr' : 'stdout'
      const text = partial[stream] + decoders[stream].decode(buffer.subarray(8, 8 + length), {stream: true})
      buffer = buffer.subarray(8 + length)
      const lines = text.split('\n')
      partial[stream] = lines.pop() ?? ''
      for (const line of lines) yield asLine(stream, line, timestamps)
    }
  }
  for (const stream of ['stdout', 'stderr'] as const)
    if (partial[stream] !== '') yield asLine(stream, partial[stream], timestamps)
}

function asLine(stream: LogLine['stream'], text: string, timestamps: boolean): LogLine {
  const line = text.replace(/\r$/, '')
  if (!timestamps) return {stream, line}
  const end = line.indexOf(' ')
  return end === -1
    ? {stream, time: line, line: ''}
    : {stream, time: line.slice(0, end), line: line.slice(end + 1)}
}

/** What the engine tells of a container's use; the parts that are read. */
interface RawStats {
  cpu_stats: {cpu_usage: {total_usage: number}; system_cpu_usage?: number; online_cpus?: number}
  memory_stats: {usage?: number; limit?: number; stats?: Record<string, number>}
  networks?: Record<string, {rx_bytes: number; tx_bytes: number}>
  blkio_stats: {io_service_bytes_recursive?: {op: string; value: number}[] | null}
  pids_stats: {current?: number}
}

/** What the engine told, and when (Unix time in ms). */
export interface Sample {
  taken: number
  data: unknown
}

/** From the last sample, with a rate if there is one before it; undefined when it does not run. */
export function statsOf(
  service_name: string,
  before: Sample | undefined,
  {taken, data}: Sample,
): ServiceStats | undefined {
  const {cpu_stats, memory_stats, networks = {}, blkio_stats, pids_stats} = data as RawStats
  if (cpu_stats?.system_cpu_usage === undefined || memory_stats.usage === undefined) return undefined
  const cpu_percent = cpuPercent((before?.data as RawStats | undefined)?.cpu_stats, cpu_stats)
  const {usage = 0, limit = 0, stats = {}} = memory_stats
  const used = Math.max(0, usage - (stats['inactive_file'] ?? stats['total_inactive_file'] ?? 0))
  const moved = (op: string): number =>
    (blkio_stats.io_service_bytes_recursive ?? [])
      .filter(entry => entry.op.toLowerCase() === op)
      .reduce((sum, {value}) => sum + value, 0)
  const traffic = (field: 'rx_bytes' | 'tx_bytes'): number =>
    Object.values(networks).reduce((sum, network) => sum + network[field], 0)
  return {
    service_name,
    measured_at: new Date(taken).toISOString(),
    ...(cpu_percent !== undefined && {cpu_percent}),
    memory_used: used,
    memory_limit: limit,
    memory_percent: limit > 0 ? rounded((used / limit) * 100) : 0,
    network_rx: traffic('rx_bytes'),
    network_tx: traffic('tx_bytes'),
    block_read: moved('read'),
    block_write: moved('write'),
    pids: pids_stats.current ?? 0,
  }
}

/** Of one CPU; undefined where two samples say nothing, as of a container that was started again and counts from zero. */
function cpuPercent(
  before: RawStats['cpu_stats'] | undefined,
  now: RawStats['cpu_stats'],
): number | undefined {
  if (before?.system_cpu_usage === undefined) return undefined
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage
  const passed = (now.system_cpu_usage ?? 0) - before.system_cpu_usage
  if (used < 0 || passed <= 0) return undefined
  return rounded((used / passed) * (now.online_cpus ?? 1) * 100)
}

const rounded = (value: number): number => Math.round(value * 100) / 100
