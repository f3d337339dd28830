// dns-01 by a program of the operator's: called with `present` or `cleanup`, the record name and its value.
import {execFile} from 'node:child_process'
import {Problem} from '../../../core/problem.ts'
import type {DnsProvider} from './provider.ts'

const patience = 120_000

export function hook(program: string): DnsProvider {
  const run = (verb: 'present' | 'cleanup', name: string, value: string): Promise<void> =>
    new Promise((resolve, reject) => {
      execFile(program, [verb, name, value], {timeout: patience}, (error, stdout, stderr) => {
        if (!error) return resolve()
        const said = (stderr || stdout).trim().slice(-500) || error.message
        reject(
          new Problem('dns-provider-failed', `${program} ${verb} ${name}: ${said}`, {
            hint: 'run the hook by hand with the same arguments; it must end with 0',
            cause: error,
          }),
        )
      })
    })
  return {
    add: (name, value) => run('present', name, value),
    remove: (name, value) => run('cleanup', name, value),
  }
}
