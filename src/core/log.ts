// The log: JSON lines on standard error, through pino.
import {type DestinationStream, destination, type Logger, pino} from 'pino'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type Log = Pick<
  Logger,
  'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent' | 'child' | 'level' | 'isLevelEnabled'
>

/** A log whose lines carry `part`, e.g. `worker 0`. None is lost when the process exits. */
export function openLog(
  level: LogLevel,
  part: string,
  to: DestinationStream = destination({dest: 2, sync: false}),
): Log {
  return pino({level, base: {part}, timestamp: () => `,"time":"${new Date().toISOString()}"`}, to)
}
