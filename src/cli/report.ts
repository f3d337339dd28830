// How a failure ends a command: what is printed where, and the exit code.
import {Problem, type ProblemDocument, problems} from '../core/problem.ts'
import {exitCodes} from './exit-codes.ts'
import {typed} from './hint.ts'
import {nearest} from './nearest.ts'
import {printable} from './printable.ts'
import {errorStyle as style} from './style.ts'

/** The person changed their mind, at a prompt or with Ctrl-C. */
export class Cancelled extends Error {}

/** Print what went wrong and return the exit code: the document on standard output for programs, else text. */
export function report(error: unknown, asJson: boolean): number {
  if (error instanceof Cancelled || isPromptExit(error)) {
    process.stderr.write('Cancelled; nothing was changed.\n')
    return exitCodes.cancelled
  }
  const problem = asProblem(error)
  if (!(problem instanceof Problem)) {
    process.stderr.write(
      `${style.red('✗')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    return exitCodes.failure
  }
  const document = problem.document()
  if (asJson) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  else process.stderr.write(problemText(document))
  return exitCodeOf(problem)
}

/** A problem as text: title, detail, fields at fault, what to do. */
export function problemText({title, detail, errors = [], hint, request_id}: ProblemDocument): string {
  const lines = [`${style.red('✗')} ${style.bold(title)}`]
  const isSummary = detail === errors.map(({field, reason}) => `${field}: ${reason}`).join('; ')
  if (!isSummary) lines.push(...indented(printable(detail)))
  for (const {field, reason, remedy} of errors) {
    lines.push(...indented(`${style.bold(printable(field))}: ${printable(reason)}`))
    if (remedy !== undefined && remedy !== hint) lines.push(...indented(`→ ${printable(remedy)}`))
  }
  if (hint !== undefined) lines.push(`  ${style.dim('→')} ${typed(printable(hint))}`)
  if (request_id !== undefined && title.includes('mistake')) lines.push(style.dim(`  request ${request_id}`))
  return `${lines.join('\n')}\n`
}

const indented = (text: string): string[] => text.split('\n').map(line => `  ${line}`.trimEnd())

function exitCodeOf(problem: Problem): number {
  if (problem.code === 'token-missing' || problem.code === 'token-invalid') return exitCodes.authentication
  const atFault = ['usage', 'confirmation-needed', 'context-unknown']
  return atFault.includes(problem.code) ? exitCodes.usage : exitCodes.failure
}

interface ParserError extends Error {
  oclif: {exit?: number}
}

// oclif's own errors (a flag that is not known, an argument that is missing) carry where they end the process.
const isParserError = (error: unknown): error is ParserError => error instanceof Error && 'oclif' in error

/**
 * What a person did wrong on the command line of `command`, whose flags are `flags`, as a Problem; any other error as
 * it is.
 */
export function asProblem(error: unknown, command?: string, flags: readonly string[] = []): unknown {
  const words = command === undefined ? '' : `${command.replaceAll(':', ' ')} `
  const hint = `see \`mcpx ${words}--help\``
  if (isFileError(error)) return new Problem('usage', fileDetail(error), {hint: 'check the path'})
  if (error instanceof Problem && error.hint === problems.usage.hint)
    return new Problem(error.code, error.message, {hint})
  if (!isParserError(error)) return error
  const detail = error.message
    .replace(/\n+(Note: --|See more help with --help)[^]*$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replaceAll('\t', '')
  const unknown = /^Nonexistent flags?: --(\S+)$/m.exec(detail)?.[1]
  const near = unknown === undefined ? undefined : nearest(unknown, flags)
  return new Problem('usage', detail, {hint: near === undefined ? hint : `did you mean \`--${near}\`?`})
}

/** Without a path where Node has opened it before it fails. */
type FileError = NodeJS.ErrnoException

/** What somebody named cannot be opened, read or written. */
const isFileError = (error: unknown): error is FileError =>
  error instanceof Error &&
  'syscall' in error &&
  error.syscall !== 'connect' &&
  ('path' in error || ('code' in error && error.code === 'EISDIR'))

const fileReasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'it may not be read or written',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'it may not be written there',
}

const fileDetail = ({path = 'What was named as a file', code = '', message}: FileError): string =>
  `${path}: ${fileReasons[code] ?? message}.`

const isPromptExit = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError')
