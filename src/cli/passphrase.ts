// The passphrase of a backup: from a file, the environment or the person.
import {readFileSync} from 'node:fs'
import * as Flags from '@oclif/core/flags'
import {Problem} from '../core/problem.ts'
import {type Asking, canAsk} from './command.ts'

const least = 12

export const passphraseFlag = {
  'passphrase-file': Flags.string({
    helpValue: '<file>',
    description: 'file whose first line is the passphrase (else $MCPX_PASSPHRASE, else it is asked for)',
  }),
}

/** Throws usage when there is none, or a new one is too short. */
export async function passphraseFrom(
  file: string | undefined,
  {isNew, ...asking}: Asking & {isNew: boolean},
): Promise<string> {
  const given =
    file === undefined ? process.env['MCPX_PASSPHRASE'] : readFileSync(file, 'utf8').split(/\r?\n/, 1)[0]
  if (file !== undefined && given === '')
    throw new Problem('usage', `The first line of ${file} is empty.`, {hint: 'write the passphrase into it'})
  const passphrase = given || (await asked(isNew, asking))
  if (!isNew || passphrase.length >= least) return passphrase
  throw new Problem('usage', `The passphrase has fewer than ${least} characters.`, {
    hint: 'give a longer one: whoever has the file can try as many as they like',
  })
}

async function asked(isNew: boolean, asking: Asking): Promise<string> {
  if (!canAsk(asking)) {
    throw new Problem('usage', 'Nobody can be asked for the passphrase.', {
      hint: 'give it with --passphrase-file or MCPX_PASSPHRASE',
    })
  }
  const {password} = await import('@inquirer/prompts')
  const context = {output: process.stderr}
  const first = await password({message: 'Passphrase:', mask: true, toggleMask: false}, context)
  if (
    isNew &&
    (await password({message: 'The same again:', mask: true, toggleMask: false}, context)) !== first
  )
    throw new Problem('usage', 'The two are not the same.', {hint: 'try again'})
  return first
}
