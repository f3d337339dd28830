// What every command has: the common flags, the server it speaks to, and its way to print.
import {Command} from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import type {Connection} from '../core/connect.ts'
import {connect, type Server} from '../core/connect.ts'
import {Problem} from '../core/problem.ts'
import {helpful} from './helpful.ts'
import {type Format, formats, Output} from './output.ts'
import {asProblem, Cancelled} from './report.ts'
import {chooseServer} from './server.ts'

const helpGroup = 'COMMON'

/** Flags of everything that prints a result. */
export const outputFlags = {
  output: Flags.option({
    char: 'o',
    options: formats,
    exclusive: ['json'],
    helpGroup,
    helpValue: '<format>',
    description: `${formats.slice(0, -1).join(', ')} or ${formats.at(-1)} [default: ${formats[0]}]`,
  })(),
  json: Flags.boolean({helpGroup, description: 'print the API document, as `--output json` does'}),
}

/** Flags of everything that speaks to a server. */
export const serverFlags = {
  url: Flags.string({helpGroup, helpValue: '<url>', description: 'server to speak to (else $MCPX_URL)'}),
  context: Flags.string({helpGroup, helpValue: '<name>', description: 'context to use (else $MCPX_CONTEXT)'}),
  'token-stdin': Flags.boolean({
    helpGroup,
    description: 'read the token from standard input (else $MCPX_TOKEN, $ADMIN_TOKEN)',
  }),
}

export const commonFlags = {...outputFlags, ...serverFlags}

export interface CommonFlags {
  json?: boolean
  output?: string | undefined
  url?: string | undefined
  context?: string | undefined
  'token-stdin'?: boolean
}

export abstract class McpxCommand extends Command {
  protected output(flags: CommonFlags): Output {
    return new Output(flags.json ? 'json' : ((flags.output ?? 'table') as Format))
  }

  protected override async catch(error: Error): Promise<never> {
    throw asProblem(error, this.id, Object.keys({...this.ctor.baseFlags, ...this.ctor.flags}))
  }

  protected async server(flags: CommonFlags): Promise<Server> {
    return chooseServer({
      ...(flags.url !== undefined && {url: flags.url}),
      ...(flags.context !== undefined && {context: flags.context}),
      ...(flags['token-stdin'] && {token: await tokenFromStdin()}),
    })
  }

  protected async connect(flags: CommonFlags): Promise<Connection> {
    return helpful(connect(await this.server(flags)))
  }
}

/** The one line on standard input. Throws a `usage` Problem when there is none. */
export async function tokenFromStdin(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const piece of process.stdin) text += piece
  if (/^\s*[\x21-\x7e]+\s*$/.test(text)) return text.trim()
  throw new Problem('usage', 'Standard input holds no token.', {
    hint: 'pipe it in: `mcpx login --token-stdin < token.txt`',
  })
}

/** Flags of everything that asks before it does something. */
export const askingFlags = {
  yes: Flags.boolean({char: 'y', aliases: ['force'], description: 'do it without asking'}),
  'no-input': Flags.boolean({description: 'ask nothing: fail where an answer is needed'}),
}

/** The same where a name is to be typed. */
export const typingFlags = {
  ...askingFlags,
  yes: Flags.boolean({char: 'y', aliases: ['force'], description: 'do it without having the name typed'}),
}

export interface Asking {
  yes?: boolean
  'no-input'?: boolean
}

/** Ask before what cannot be undone, or ends more than it says: the person types `words`. Throws as `confirmed`. */
export async function confirmedByTyping(what: string, words: string, asking: Asking): Promise<void> {
  if (asking.yes) return
  requireTerminal(what, asking)
  const {input} = await import('@inquirer/prompts')
  const typed = await input({message: `${what} Type \`${words}\` to go on:`}, {output: process.stderr})
  if (typed.trim() !== words) throw new Cancelled()
}

/** Whether a person can be asked. */
export const canAsk = (asking: Asking): boolean =>
  !asking['no-input'] && process.stdin.isTTY === true && process.stderr.isTTY === true

function requireTerminal(question: string, asking: Asking): void {
  if (!canAsk(asking)) throw new Problem('confirmation-needed', `Not done without asking: ${question}`)
}

/** Ask before what takes some effort to bring back. Throws when the answer is no, or nobody can be asked. */
export async function confirmed(question: string, asking: Asking): Promise<void> {
  if (asking.yes) return
  requireTerminal(question, asking)
  if (!(await agreed(question))) throw new Cancelled()
}

/** What a person at the terminal says to it; no unless they say yes. */
export async function agreed(question: string): Promise<boolean> {
  const {confirm} = await import('@inquirer/prompts')
  return confirm({message: question, default: false}, {output: process.stderr})
}
