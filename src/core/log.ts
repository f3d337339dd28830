// The log: JSON lines on standard error, through pino.
import {type DestinationStream, destination, type Logger, pino, stdSerializers} from 'pino'
import {Problem} from './problem.ts'

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
  return pino(
    {
      level,
      base: {part},
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: {err: described},
    },
    to,
  )
}

/** A problem says what happened and what to do; where in the code it was thrown matters for our own mistakes alone. */
function described(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code === 'internal') return stdSerializers.err(error as Error)
  const {code, message, hint, cause} = error
  return {code, message, hint, ...(cause instanceof Error && {cause: cause.message})}
}
