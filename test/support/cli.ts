// The real command line as a subprocess, in a home of its own and without the caller's environment.
import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

const entry = (file: string): string => fileURLToPath(new URL(`../../bin/${file}`, import.meta.url))

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface Cli {
  home: string
  /** Run `mcpx` with these words; `input` is its standard input. */
  run(words: readonly string[], options?: {input?: string; env?: Record<string, string>}): Promise<Ended>
  /** Run a line of shell in which `mcpx` is this command line; both outputs together. */
  shell(line: string, env?: Record<string, string>): Promise<{code: number | null; output: string}>
  close(): void
}

/** `built`: the one in dist, which starts in a third of the time, for tests of many lines. */
export function openCli(environment: Record<string, string> = {}, {built = false} = {}): Cli {
  const script = entry(built ? 'run.js' : 'dev.js')
  const home = mkdtempSync(join(tmpdir(), 'mcpx-home-'))
  const base = {PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, HOME: home, ...environment}
  return {
    home,
    run: (words, {input = '', env = {}} = {}) =>
      ended(process.execPath, [script, ...words], input, {...base, ...env}),
    async shell(line, env = {}) {
      const define = `mcpx() { '${process.execPath}' '${script}' "$@"; }; exec 2>&1; set -o pipefail; cd '${home}'`
      const {code, stdout} = await ended('bash', ['-c', `${define}\n${line}`], '', {...base, ...env})
      return {code, output: stdout}
    },
    close: () => rmSync(home, {recursive: true, force: true}),
  }
}

function ended(
  command: string,
  words: readonly string[],
  input: string,
  env: Record<string, string>,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {env})
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', piece => (stdout += piece))
    child.stderr.setEncoding('utf8').on('data', piece => (stderr += piece))
    // A command that does not read its input may have closed it.
    child.stdin.on('error', () => {}).end(input)
    child.once('error', reject)
    child.once('close', code => resolve({code, stdout, stderr}))
  })
}
