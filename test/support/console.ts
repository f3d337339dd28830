// Documents that run: the ```console blocks of a Markdown file, with the output each command must print.
import {readFileSync} from 'node:fs'
import type {Cli} from './cli.ts'

export interface Step {
  /** Line number of the command in the document, from 1. */
  line: number
  command: string
  /** What it prints on both outputs; `...` stands for any text in a line, alone in a line for any lines. */
  expected: string
  /** From a last line such as `[2]`; 0 without one. */
  code: number
}

/** Every `$ command` of the console blocks, in order. A command goes on after a line that ends in `\`. */
export function consoleSteps(markdown: string): Step[] {
  const steps: Step[] = []
  let inBlock = false
  let current: Step | undefined
  for (const [i, text] of markdown.split('\n').entries()) {
    if (text.startsWith('```')) {
      inBlock = text.trim() === '```console'
      current = undefined
    } else if (inBlock && text.startsWith('$ ')) {
      current = {line: i + 1, command: text.slice(2), expected: '', code: 0}
      steps.push(current)
    } else if (inBlock && current) {
      const isContinued = current.command.endsWith('\\') && current.expected === ''
      const code = /^\[(\d+)\]$/.exec(text)?.[1]
      if (isContinued) current.command += `\n${text.replace(/^> /, '')}`
      else if (code !== undefined) current.code = Number(code)
      else current.expected += `${text}\n`
    }
  }
  return steps
}

/** Whether the output is as the document says; white space at line ends does not count. */
export function fits(expected: string, output: string): boolean {
  const lines = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n')
      .map(line => line.trimEnd())
  const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = lines(expected)
    .map(line => (line === '...' ? '(?:.*\\n)*?' : `${line.split('...').map(escaped).join('.*')}\\n`))
    .join('')
  return new RegExp(`^${pattern}$`).test(`${lines(output).join('\n')}\n`)
}

/** Text of the document (an address, say) and what stands for it in this run. */
export type Stand = readonly [documented: string, real: string]

/** Run a document, command after command in one home. Throws at the first that prints or ends otherwise. */
export async function runDocument(
  file: URL | string,
  cli: Cli,
  stands: readonly Stand[] = [],
): Promise<number> {
  const steps = consoleSteps(readFileSync(file, 'utf8'))
  for (const {line, command, expected, code} of steps) {
    const real = stands.reduce((text, [documented, actual]) => text.replaceAll(documented, actual), command)
    const ended = await cli.shell(real)
    const output = stands.reduce(
      (text, [documented, actual]) => text.replaceAll(actual, documented),
      ended.output,
    )
    if (ended.code === code && fits(expected, output)) continue
    throw new Error(
      `${file}:${line}: ${command}\nended with ${ended.code}, expected ${code}\n--- printed\n${output}--- expected\n${expected}`,
    )
  }
  return steps.length
}
