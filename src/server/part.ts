// What the processes of a replica say to one another: the supervisor to its control process and gateway workers, and back.
import {type ChildProcess, fork} from 'node:child_process'
import type {Server} from 'node:net'
import {extname} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Config} from '../core/config.ts'
import {Problem, type ProblemCode} from '../core/problem.ts'
import type {RedisAddress} from '../core/store/redis.ts'
import {exitText, type Running} from '../core/supervised.ts'
import type {Sockets} from './data-directory.ts'

/** What a part is told at its start. */
export interface Setup {
  config: Config
  redis: RedisAddress
  /** 32 bytes, base64. */
  secretKey: string
  sockets: Sockets
  /** Id of this replica. */
  replica: string
  version: string
  /** Public ports of this replica. */
  ports: number[]
  /** Port of HTTPS; undefined when it is off. */
  httpsPort: number | undefined
  /** How many gateway workers there are; 0 is one, in the process of the supervisor. */
  workers: number
  resetAdminToken: boolean
  /** What the admin token will be if this start makes it. */
  adminTokenDraft: string
}

/** A running part of mcpx. */
export interface Part {
  stop(): Promise<void>
}

export type PartName = 'control' | 'worker'
/** A worker gets the socket of HTTP with its setup, that of HTTPS afterwards: a message carries one. */
export type ToPart = {setup: Setup; worker: number} | 'https' | 'stop'
export type FromPart =
  /** `adminToken` only when it is new. */
  | {ready: true; adminToken?: string | undefined}
  /** It cannot start, and starting again would not help. */
  | {failed: {code: ProblemCode; detail: string; hint?: string}}
  /** Something a person who waits for the start wants to know. */
  | {notice: string}

export interface Launch {
  part: PartName
  /** Number of the gateway worker. */
  worker: number
  setup: Setup
  /** Sockets to accept on: HTTP, and HTTPS when it is on. */
  sockets?: Server[]
  notice: (text: string) => void
  onAdminToken: (token: string) => void
  /** Milliseconds it gets to stop. */
  patience: number
  signal: AbortSignal
}

/** Start a part in a process of its own; resolves once it is ready. */
export async function launchPart(launch: Launch): Promise<Running> {
  const {part, worker, setup, sockets: [http, https] = [], signal} = launch
  const entry = new URL(`./child${extname(import.meta.filename)}`, import.meta.url)
  // Detached: Ctrl-C in a terminal reaches the supervisor alone, which stops the parts in order.
  const child = fork(fileURLToPath(entry), [part], {detached: true, stdio: ['ignore', 2, 2, 'ipc']})
  const ended = new Promise<string>(resolve => {
    child.once('exit', (code, end) => resolve(exitText(code, end)))
    child.once('error', error => resolve(error.message))
  })
  const kill = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', kill, {once: true})
  try {
    child.send({setup, worker} satisfies ToPart, http)
    if (https) child.send('https' satisfies ToPart, https)
    await readiness(child, launch, ended)
  } catch (error) {
    kill()
    throw error
  } finally {
    signal.removeEventListener('abort', kill)
  }
  const stop = async (): Promise<void> => {
    const late = setTimeout(kill, launch.patience)
    if (child.connected) child.send('stop' satisfies ToPart)
    await ended
    clearTimeout(late)
  }
  return {ended, stop, kill}
}

const asProblem = ({code, detail, hint}: {code: ProblemCode; detail: string; hint?: string}): Problem =>
  new Problem(code, detail, {...(hint !== undefined && {hint})})

function readiness(
  child: ChildProcess,
  {part, notice, onAdminToken}: Launch,
  ended: Promise<string>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: FromPart) => {
      if ('notice' in message) notice(message.notice)
      else if ('failed' in message) reject(asProblem(message.failed))
      else {
        if (message.adminToken !== undefined) onAdminToken(message.adminToken)
        resolve()
      }
    })
    void ended.then(how =>
      reject(new Problem('start-failed', `The ${part} process ${how} before it was ready`)),
    )
  })
}
