// The command line from its first word to its exit code: oclif runs the command, every failure is reported here.
import type {Interfaces} from '@oclif/core'
import {run} from '@oclif/core/run'
import {settings} from '@oclif/core/settings'
import {Problem} from '../core/problem.ts'
import {withoutEnvFiles} from './environment.ts'
import {typed} from './hint.ts'
import {translated} from './old-names.ts'
import {commandFirst} from './option-order.ts'
import {report} from './report.ts'

const wantsJson = (argv: readonly string[]): boolean => {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  return own.some(
    (word, i) =>
      word === '--json' ||
      /^(-o|--output)=?json$/.test(`${word}${word.includes('=') ? '' : (own[i + 1] ?? '')}`),
  )
}

/** A line of the first generation as those of today; its token goes where tokens belong. */
function ofToday(argv: string[]): string[][] {
  const found = translated(argv)
  if (!found) return [argv]
  if (found.note !== undefined) process.stderr.write(`${typed(found.note)}\n`)
  if (found.token !== undefined) {
    process.env['MCPX_TOKEN'] = found.token
    process.stderr.write(
      'A token in the command line can be seen by every program of this machine; `mcpx login` keeps it safe.\n',
    )
  }
  return found.lines
}

/** Never rejects. `load` says where oclif finds the commands. */
export async function main(argv: string[], load: Interfaces.LoadOptions): Promise<void> {
  // `mcpx … | head` closes the pipe when it has read enough.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      process.exit(report(new Problem('usage', `The result cannot be written: ${error.message}.`), false))
    })
  }
  settings.enableAutoTranspile = false
  withoutEnvFiles(argv)
  try {
    for (const line of ofToday(await commandFirst(argv))) {
      await run(line, load)
      if (process.exitCode) break
    }
  } catch (error) {
    process.exitCode = report(error, wantsJson(argv))
  }
}
