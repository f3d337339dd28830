// One request as a line that a person can skim.
import type {ExchangeRecord} from '../core/contract/system.ts'
import {printable} from './printable.ts'
import {style} from './style.ts'

/** Time, status, duration, method, URL; then what it was in MCP, the problem, and where it went. */
export function exchangeLine(exchange: ExchangeRecord): string {
  const {time, status, ms, method, host, path, mcp_method, mcp_name, problem, upstream} = exchange
  const clock = process.stdout.isTTY ? new Date(time).toTimeString().slice(0, 8) : time
  const words = [
    style.dim(clock),
    colourOf(status)(String(status)),
    style.dim(duration(ms).padStart(7)),
    printable(method).padEnd(6),
    printable(`${host}${path}`),
    mcp_method && style.cyan(printable([mcp_method, mcp_name].filter(Boolean).join(' '))),
    problem && style.yellow(problem),
    upstream && style.dim(`→ ${printable(upstream)}`),
  ]
  return words.filter(Boolean).join('  ')
}

function duration(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`
}

function colourOf(status: number): (text: string) => string {
  if (status >= 500) return style.red
  if (status >= 400) return style.yellow
  return status >= 300 ? style.cyan : style.green
}
