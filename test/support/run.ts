// Runs a program of the machine to its end: curl, openssl, h2load.
import {spawn} from 'node:child_process'

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

/** `input` is written to its standard input, which is then closed. */
export function run(command: string, args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'pipe']})
    const ran: Ran = {code: null, stdout: '', stderr: ''}
    child.stdout.on('data', chunk => {
      ran.stdout += chunk
    })
    child.stderr.on('data', chunk => {
      ran.stderr += chunk
    })
    child.once('error', reject)
    child.once('close', code => resolve({...ran, code}))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
