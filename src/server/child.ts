// Entry of the processes that the supervisor forks: one part each, until told to stop or the supervisor is gone.
import type {Server} from 'node:net'
import {openLog} from '../core/log.ts'
import {Problem, type ProblemCode} from '../core/problem.ts'
import {loadControl, loadWorker} from './load.ts'
import type {FromPart, Part, PartName, Setup, ToPart} from './part.ts'

const name = process.argv[2] as PartName
let started: Promise<Part> | undefined
/** Set once there is something to end in order. */
let running: Part | undefined
const secure = Promise.withResolvers<Server | undefined>()

const tell = (message: FromPart): void => {
  if (process.connected) process.send?.(message)
}

process.title = `mcpx ${name}`
process.on('message', (message: ToPart, socket: Server | undefined) => {
  if (message === 'stop') stop()
  else if (message === 'https') secure.resolve(socket)
  else started ??= start(message.setup, message.worker, socket).then(part => (running = part))
})
process.once('disconnect', stop)
process.once('SIGTERM', stop)
process.once('SIGINT', stop)

async function start(setup: Setup, worker: number, socket: Server | undefined): Promise<Part> {
  const log = openLog(setup.config.LOG_LEVEL, name === 'worker' ? `worker ${worker}` : name)
  process.on('uncaughtException', error => {
    log.error({err: error}, 'ended by a mistake in mcpx')
    process.exit(1)
  })
  const notice = (text: string): void => tell({notice: text})
  try {
    if (name === 'control') {
      const {startControl} = await loadControl()
      const control = await startControl(setup, log, notice)
      tell({ready: true, adminToken: control.adminToken})
      return control
    }
    if (socket === undefined) throw new Error('A worker needs a socket to accept on')
    const https = setup.httpsPort === undefined ? undefined : await secure.promise
    const {startWorker} = await loadWorker()
    const part = await startWorker(setup, worker, {http: socket, https}, log)
    tell({ready: true})
    return part
  } catch (error) {
    log.debug({err: error}, 'not started')
    tell({failed: failure(error as Error)})
    process.exit(1)
  }
}

/** One that still waits, for Redis perhaps, waits no longer. */
function stop(): void {
  const exit = (): never => process.exit(0)
  if (running) void running.stop().then(exit, exit)
  else exit()
}

function failure(error: Error): {code: ProblemCode; detail: string; hint?: string} {
  if (!(error instanceof Problem)) return {code: 'start-failed', detail: error.message}
  const {code, message, hint} = error
  return {code, detail: message, ...(hint !== undefined && {hint})}
}
