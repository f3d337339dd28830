// The MCP Inspector's command line, with a person for the browser it wants opened.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import type {AddressInfo} from 'node:net'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

const entry = fileURLToPath(import.meta.resolve('@modelcontextprotocol/inspector/package.json'))
const cli = join(dirname(entry), 'clients', 'launcher', 'build', 'index.js')

export type Era = 'legacy' | 'auto' | 'modern'

/** One machine with the Inspector on it: what it logged in stays until `close`. */
export class Inspector {
  readonly #home = mkdtempSync(join(tmpdir(), 'mcpx-inspector-'))
  #callback = ''

  /** Where its logins return to: a free port of this machine. */
  async callback(): Promise<string> {
    if (this.#callback === '') this.#callback = `http://127.0.0.1:${await freePort()}/oauth/callback`
    return this.#callback
  }

  /** Run it; when it asks for a browser, `visit` goes from there to where the browser returns, unless a real one went there itself. */
  async run(
    url: string,
    words: readonly string[],
    visit?: (url: URL) => Promise<URL | undefined>,
  ): Promise<{code: number; stdout: string; stderr: string; logins: number}> {
    const callback = await this.callback()
    const all = [
      cli,
      '--cli',
      '--server-url',
      url,
      '--transport',
      'http',
      '--callback-url',
      callback,
      ...words,
    ]
    const child = spawn(process.execPath, all, {
      env: {
        PATH: dirname(process.execPath),
        HOME: this.#home,
        MCP_AUTO_OPEN_ENABLED: 'true',
        MCP_INSPECTOR_SECRET_STORE: 'file',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = {stdout: '', stderr: ''}
    const logins: Promise<unknown>[] = []
    const seen = new Set<string>()
    const read = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
      output[stream] += chunk
      const asked = /(http:\/\/\S+\/authorize\?\S+)\s/.exec(output[stream])?.[1]
      if (asked === undefined || seen.has(asked) || !visit) return
      seen.add(asked)
      logins.push(visit(new URL(asked)).then(returned => returned && fetch(returned)))
    }
    child.stdout.on('data', read('stdout'))
    child.stderr.on('data', read('stderr'))
    const [code] = (await once(child, 'close')) as [number]
    await Promise.all(logins)
    return {code, ...output, logins: logins.length}
  }

  close(): void {
    rmSync(this.#home, {recursive: true, force: true})
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
