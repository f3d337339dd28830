import {readFileSync} from 'node:fs'
import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../cli/command.ts'
import {rawOperation} from '../cli/raw-operation.ts'
import {Problem} from '../core/problem.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export default class Api extends McpxCommand {
  static override summary = 'Make a call of the admin API and print its answer'
  static override description =
    'Paths stand under /api/v1 unless they say so themselves; /docs of the server has them all.'
  static override args = {
    method: Args.option({options: methods, ignoreStdin: true, description: 'HTTP method'})({required: true}),
    path: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'path and query, e.g. /routes?limit=5',
    }),
  }
  static override baseFlags = commonFlags
  static override flags = {
    field: Flags.string({
      char: 'f',
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['input'],
      helpValue: '<KEY=VALUE>',
      description: 'field of the body; numbers, true, false, null, lists and objects as JSON',
    }),
    input: Flags.string({helpValue: '<file>', description: 'file with the body, `-` for standard input'}),
  }
  static override examples = [
    {description: 'What is there', command: 'mcpx api GET /proxy/targets?limit=5'},
    {
      description: 'Create something',
      command: 'mcpx api POST /instances --field name=backend --field target_url=http://127.0.0.1:4000',
    },
    {description: 'With a body of your own', command: 'mcpx api POST /routes --input route.json'},
  ]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Api)
    const {origin, pathname, searchParams} = new URL(args.path, 'http://api')
    if (origin !== 'http://api')
      throw new Problem('usage', `\`${args.path}\` is not a path of the API.`, {
        hint: 'give one such as `/routes?limit=5`; --url names the server',
      })
    const body = bodyFrom(flags)
    const connection = await this.connect(flags)
    const answer = await connection.call(rawOperation(args.method, pathname), {
      query: Object.fromEntries(searchParams),
      ...(body !== undefined && {body}),
    })
    const output = this.output({...flags, output: flags.output ?? 'json'})
    if (answer !== undefined) await output.document(answer)
  }
}

function bodyFrom({field, input}: {field: string[] | undefined; input: string | undefined}): unknown {
  if (input !== undefined) return parsed(readFileSync(input === '-' ? 0 : input, 'utf8'), input)
  return field && Object.fromEntries(field.map(pair))
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Problem('usage', `${file} is not JSON: ${(error as Error).message}`)
  }
}

function pair(text: string): [string, unknown] {
  const at = text.indexOf('=')
  if (at < 1) throw new Problem('usage', `--field ${text} is not KEY=VALUE.`)
  const value = text.slice(at + 1)
  const isJson = /^(?:-?\d+(?:\.\d+)?|true|false|null|\[.*\]|\{.*\})$/s.test(value)
  return [text.slice(0, at), isJson ? parsed(value, `--field ${text}`) : value]
}
