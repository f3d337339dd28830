// The real command line in a pseudo-terminal (util-linux `script`): what a person sees, and the keys they press.
import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {stripVTControlCharacters} from 'node:util'
import {until} from './until.ts'

const script = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

export const keys = {enter: '\r', tab: '\t', down: '\u001b[B', up: '\u001b[A', ctrlC: '\u0003'} as const

export interface Terminal {
  /** Everything that was shown, without colours and cursor movements. */
  shown(): string
  /** Wait until `text` is shown after what was last waited for, then press `reply`. */
  answer(text: string, reply: string): Promise<void>
  /** Exit code, once it has ended. */
  ended: Promise<number>
}

interface Options {
  cwd: string
  env?: Record<string, string>
  columns?: number
}

export const openTerminal = (words: readonly string[], options: Options): Terminal =>
  openProgram([process.execPath, script, ...words], options)

/** Any program, with its words. */
export function openProgram(words: readonly string[], {cwd, env = {}, columns = 80}: Options): Terminal {
  const line = words.map(word => `'${word}'`).join(' ')
  const child = spawn('script', ['-qfec', `stty cols ${columns} rows 24; exec ${line}`, '/dev/null'], {
    cwd,
    env: {PATH: process.env['PATH'] ?? '', HOME: cwd, TERM: 'xterm-256color', ...env},
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let raw = ''
  let read = 0
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    raw += piece
  })
  child.stdin.on('error', () => {})
  const shown = (): string => stripVTControlCharacters(raw)
  return {
    shown,
    async answer(text, reply) {
      try {
        await until(() => shown().includes(text, read), `\`${text}\` is shown`, 15_000)
      } catch (error) {
        child.kill()
        throw new Error(`${(error as Error).message} after:\n${shown().slice(read)}`, {cause: error})
      }
      read = shown().indexOf(text, read) + text.length
      child.stdin.write(reply)
    },
    ended: new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => resolve(code ?? -1))
    }),
  }
}
