// A file in place of what was there, never half: a draft beside it that is renamed; what fails names the file itself.
import {randomBytes} from 'node:crypto'
import {existsSync, openSync, renameSync, rmSync, statSync} from 'node:fs'
import {dirname} from 'node:path'
import {Problem} from '../core/problem.ts'

/** `write` closes the descriptor that it gets. Throws usage when `file` cannot be written, else what `write` throws. */
export async function throughDraft(
  file: string,
  mode: number,
  write: (descriptor: number) => Promise<void> | void,
): Promise<void> {
  if (statSync(file, {throwIfNoEntry: false})?.isDirectory()) throw unwritable(file, 'it is a folder')
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await write(openSync(draft, 'wx', mode))
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, {force: true})
    if (!isAboutFiles(error)) throw error
    throw unwritable(file, reasonOf(error, dirname(file)))
  }
}

const isAboutFiles = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && ['open', 'write', 'rename'].includes(String(error.syscall))

const unwritable = (file: string, reason: string): Problem =>
  new Problem('usage', `${file} cannot be written: ${reason}.`, {hint: 'choose a place that can be written'})

const reasons: Record<string, string> = {
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'what is there can only be read',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'the disk is full',
}

function reasonOf({code = '', message}: NodeJS.ErrnoException, folder: string): string {
  if (code === 'ENOENT')
    return existsSync(folder) ? 'its folder takes no files' : `there is no folder ${folder}`
  return reasons[code] ?? message
}
