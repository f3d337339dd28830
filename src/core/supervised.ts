// Keeps a program running: started again, each time a little later, when it ends by itself.
import {type ChildProcess, spawn} from 'node:child_process'
import {setTimeout as delay} from 'node:timers/promises'

/** A program that is up. */
export interface Running {
  /** Resolves once it is gone, with how it ended. */
  ended: Promise<string>
  /** Ask it to end; resolves once it is gone. */
  stop(): Promise<void>
  /** End it at once. */
  kill(): void
}

const firstPause = 100
const longestPause = 10_000

export class Supervised {
  readonly #launch: (signal: AbortSignal) => Promise<Running>
  readonly #report: (what: string) => void
  readonly #stopping = new AbortController()
  #current: Running | undefined
  #kept: Promise<void> | undefined

  /**
   * `launch` resolves once the program is ready, and gives up when its signal aborts. `report` hears how it ended
   * and why it does not start.
   */
  constructor(launch: (signal: AbortSignal) => Promise<Running>, report: (what: string) => void) {
    this.#launch = launch
    this.#report = report
  }

  /** Resolves once it is up for the first time; throws when it does not get there. Later failures are tried again. */
  async start(): Promise<void> {
    this.#current = await this.#launch(this.#stopping.signal)
    this.#kept = this.#keep(this.#current)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#current?.stop()
    await this.#kept
  }

  kill(): void {
    this.#stopping.abort()
    this.#current?.kill()
  }

  async #keep(first: Running): Promise<void> {
    let running: Running | undefined = first
    let pause = firstPause
    while (!this.#stopping.signal.aborted) {
      if (running) {
        const since = Date.now()
        const how = await running.ended
        if (this.#stopping.signal.aborted) return
        this.#report(how)
        if (Date.now() - since > longestPause) pause = firstPause
      }
      await delay(pause, undefined, {signal: this.#stopping.signal}).catch(() => {})
      pause = Math.min(pause * 2, longestPause)
      running = await this.#relaunch()
    }
  }

  async #relaunch(): Promise<Running | undefined> {
    if (this.#stopping.signal.aborted) return undefined
    try {
      this.#current = await this.#launch(this.#stopping.signal)
      if (this.#stopping.signal.aborted) await this.#current.stop()
      return this.#current
    } catch (error) {
      this.#report((error as Error).message)
      return undefined
    }
  }
}

/** How a process ended, for people. */
export function exitText(code: number | null, signal: string | null): string {
  return signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was ended by ${signal}`
}

// Its standard input is a pipe from this process: when that closes, on purpose or because this process is gone,
// the program gets SIGTERM. So nothing is ever left behind, on any system with a shell.
const guard =
  '"$@" <&- & pid=$!; exec 3<&0; (cat <&3 >/dev/null; kill $pid 2>/dev/null) & exec 3<&- <&-; wait $pid'

/**
 * Start a program that ends when this process does. It has a session of its own, so Ctrl-C reaches it only through
 * us. Standard output is a pipe; standard error goes to the same pipe when `mergeErrors`, else to ours.
 */
export function spawnGuarded(
  command: string,
  args: readonly string[],
  options: {env: Record<string, string | undefined>; mergeErrors?: boolean},
): {child: ChildProcess; running: Running} {
  const script = options.mergeErrors ? `exec 2>&1; ${guard}` : guard
  const child = spawn('/bin/sh', ['-c', script, 'mcpx', command, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: options.env,
  })
  const ended = new Promise<string>(resolve => {
    child.once('exit', (code, signal) => {
      child.stdin?.destroy()
      resolve(exitText(code, signal))
    })
    child.once('error', error => resolve(error.message))
  })
  child.stdin?.on('error', () => {})
  const stop = async (): Promise<void> => {
    child.stdin?.end()
    await ended
  }
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  return {child, running: {ended, stop, kill}}
}
