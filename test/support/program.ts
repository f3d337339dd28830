// A program of somebody else's under test: started, its output kept, ended by its own id.
import {type ChildProcess, spawn} from 'node:child_process'

export interface Program {
  /** Everything it printed so far. */
  output(): string
  running(): boolean
  stop(): Promise<void>
}

export function startProgram(
  command: string,
  args: readonly string[],
  options: {env?: Record<string, string>; cwd?: string} = {},
): Program {
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {...process.env, ...options.env},
    ...(options.cwd !== undefined && {cwd: options.cwd}),
  })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const ended = new Promise<void>(resolve => {
    child.once('exit', () => resolve())
    child.once('error', error => {
      output += `${command} does not start: ${error.message}`
      resolve()
    })
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  return {
    output: () => output,
    running: () => child.exitCode === null && child.signalCode === null && child.pid !== undefined,
    async stop() {
      process.off('exit', kill)
      kill()
      await ended
    },
  }
}
