// Where the bench takes place: a directory of its own, the programs started there, and the two cores they run on.
import {type ChildProcess, spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {cpus, tmpdir} from 'node:os'
import {join} from 'node:path'

/** The core of what is measured, and that of everything else. */
export const measuredCore = 0
export const otherCore = Math.min(1, cpus().length - 1)

export class Stand {
  readonly directory = mkdtempSync(join(tmpdir(), 'mcpx-bench-'))
  readonly #children: ChildProcess[] = []

  /** Answers the path of the file. */
  write(name: string, text: string): string {
    writeFileSync(join(this.directory, name), text)
    return join(this.directory, name)
  }

  /** Start a program on one core and wait until its port accepts. Answers its pid. */
  async start(
    core: number,
    port: number,
    command: string,
    args: string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<number> {
    const child = spawn('taskset', ['-c', String(core), command, ...args], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: {...process.env, ...environment},
    })
    this.#children.push(child)
    for (const end = Date.now() + 20_000; ; ) {
      if (await accepts(port)) return child.pid ?? 0
      if (child.exitCode !== null || Date.now() > end)
        throw new Error(`${command} did not start; install what is missing: apt-get install -y nginx caddy`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGTERM')
    const running = this.#children.filter(({exitCode}) => exitCode === null)
    await Promise.all(running.map(child => new Promise(resolve => child.once('exit', resolve))))
    rmSync(this.directory, {recursive: true, force: true})
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** CPU seconds of a process and everything below it. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const below = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean)
  return ticks / 100 + below.reduce((sum, child) => sum + cpuSeconds(Number(child)), 0)
}
