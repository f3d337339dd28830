// A real `mcpx serve` for tests: processes, private Redis and data directory of its own, on a free port.
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const entry = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

export interface ServerOptions {
  env?: Record<string, string>
  /** More words of the command line. */
  args?: string[]
  /** Directory with `data`, `config` and `work` of an earlier server; default a new one, removed at the end. */
  home?: string
}

export interface TestServer {
  /** Console and API. */
  url: string
  port: number
  adminToken: string
  /** Directory with `data`, `config` and `work` (its working directory). */
  home: string
  /** What it printed. */
  stdout: () => string
  stderr: () => string
  process: ChildProcess
  /** End it with `signal`; resolves with the exit code. */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

/** Environment of a server that touches nothing outside of `home`. */
export function serverEnvironment(home: string, env: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    MCPX_DATA_DIR: join(home, 'data'),
    HTTP_PORT: '0',
    HTTPS_PORT: '0',
    BIND_ADDRESS: '127.0.0.1',
    WORKERS: '2',
    LOG_LEVEL: 'warn',
    MCP_CHECK_INTERVAL: '0',
    OAUTH_LOCAL_PORT: '0',
    ...env,
  }
}

/** Run `mcpx serve` without waiting for anything. */
export function spawnServer(home: string, options: ServerOptions = {}): ChildProcess {
  return spawn(process.execPath, [entry, 'serve', ...(options.args ?? [])], {
    cwd: home,
    env: serverEnvironment(home, options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Resolves once it is ready. Throws with what it printed when it ends before. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'mcpx-test-'))
  const child = spawnServer(home, options)
  const exited = once(child, 'exit') as Promise<[number | null]>
  const output = {stdout: '', stderr: ''}
  child.stderr?.setEncoding('utf8').on('data', text => {
    output.stderr += text
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', text => {
      output.stdout += text
      if (output.stdout.includes('Ctrl-C stops it.')) resolve()
    })
    void exited.then(([code]) => reject(new Error(`mcpx serve ended with ${code}:\n${output.stderr}`)))
  })
  const port = Number(
    readFileSync(join(home, 'data', 'url'), 'utf8')
      .trim()
      .split(':')[2] ?? 80,
  )
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal)
    const [code] = await exited
    if (options.home === undefined) rmSync(home, {recursive: true, force: true})
    return code
  }
  return {
    url: `http://localhost:${port}`,
    port,
    adminToken: options.env?.['ADMIN_TOKEN'] ?? savedToken(home),
    home,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    process: child,
    stop,
  }
}

function savedToken(home: string): string {
  const file = join(home, 'data', 'admin-token')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}
