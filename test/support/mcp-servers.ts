// Starts real MCP servers as child processes: the conformance fixture, the echo servers, server-everything.

import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {createInterface} from 'node:readline'
import type {Readable} from 'node:stream'
import {fileURLToPath} from 'node:url'
import {freePort} from './free-port.ts'

export interface McpServerProcess {
  /** The MCP endpoint. */
  url: string
  process: ChildProcess
  /** Ends the server and answers with its exit code, `null` where the signal ended it. */
  stop(): Promise<number | null>
}

/** The conformance fixture: every name that the official suite calls, in all revisions, on one endpoint. */
export function startFixture(): Promise<McpServerProcess> {
  return startOurs('../support/conformance-server.ts')
}

export function startEchoStateless(): Promise<McpServerProcess> {
  return startOurs('../../examples/echo-stateless.ts')
}

export function startEchoStateful(): Promise<McpServerProcess> {
  return startOurs('../../examples/echo-stateful.ts')
}

/** `@modelcontextprotocol/server-everything` with Streamable HTTP and sessions. It checks no `Host`. */
export function startEverything(): Promise<McpServerProcess> {
  return startEverythingAs('streamableHttp', '/mcp')
}

/** The same with the HTTP+SSE transport of 2024-11-05: `GET /sse`, then `POST /message?sessionId=…`. */
export function startEverythingSse(): Promise<McpServerProcess> {
  return startEverythingAs('sse', '/sse')
}

async function startOurs(path: string): Promise<McpServerProcess> {
  const script = fileURLToPath(new URL(path, import.meta.url))
  // The channel tells the server when this process is gone; it must not keep this process.
  const child = spawn(process.execPath, [script], {
    env: {...process.env, HOST: '', PORT: '0'},
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  child.channel?.unref()
  const line = await firstLine(child, child.stdout as Readable, '{')
  const {listening} = JSON.parse(line) as {listening: string}
  return {url: listening, process: child, stop: () => stop(child)}
}

async function startEverythingAs(transport: string, path: string): Promise<McpServerProcess> {
  const script = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'))
  // It takes port 0 but never says which port it got.
  const port = await freePort()
  const child = spawn(process.execPath, [script, transport], {
    env: {...process.env, PORT: String(port)},
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await firstLine(child, child.stderr, String(port))
  return {url: `http://127.0.0.1:${port}${path}`, process: child, stop: () => stop(child)}
}

/** The first line that contains `mark`; the stream is read on, so that the child never blocks on it. */
async function firstLine(child: ChildProcess, stream: Readable, mark: string): Promise<string> {
  const lines = createInterface({input: stream})
  return new Promise((resolve, reject) => {
    lines.on('line', line => line.includes(mark) && resolve(line))
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`)))
  })
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  return child.exitCode
}
