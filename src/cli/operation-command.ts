// A command from an operation: its flags, arguments and help follow from the schemas; only the words around are written.
import type {Command, Interfaces} from '@oclif/core'
import * as Flags from '@oclif/core/flags'
import type {Static, TObject, TSchema} from 'typebox'
import type {Connection, Sent} from '../core/connect.ts'
import type {Operation, Output as Result, Shape} from '../core/operation.ts'
import {Problem} from '../core/problem.ts'
import {
  type Asking,
  askingFlags,
  type CommonFlags,
  commonFlags,
  confirmed,
  confirmedByTyping,
  McpxCommand,
  typingFlags,
} from './command.ts'
import {exitCodes} from './exit-codes.ts'
import {flagName} from './field-name.ts'
import {argsFor, documentFrom, fieldsOf, flagsFor, itemSchema, removable, telling} from './fields.ts'
import {type Column, cell, type Document, type Output} from './output.ts'

type Fields<T> = T extends TSchema ? Static<T> : unknown
/** Fields as given on the command line. */
type Given<S extends Shape> = Fields<S['params']> & Fields<S['query']> & Fields<S['body']>

export interface OperationCommand<S extends Shape> {
  operation: Operation<S>
  /** Fields that are positional, in order. */
  args?: readonly string[]
  /** Shorter names of flags, by field. */
  aliases?: Readonly<Record<string, string>>
  /** What people want, and the command for it in long flags. */
  examples: readonly (readonly [intent: string, command: string])[]
  /** The question to answer before it is done, if any; then there are `askingFlags`. */
  confirm?: (given: Given<S>) => string | undefined
  /** Words to type instead of yes, because what is gone then (a secret, a key, data) cannot be made again. */
  typed?: (given: Given<S>) => string
  /** Asks the person who confirmed what else is wished; the answer is sent with the rest. */
  more?: (connection: Connection, given: Given<S>) => Promise<Partial<Given<S>>>
  /** What was done, as a sentence; undefined when it was not. */
  done?: (result: Result<S>, given: Given<S>) => string | undefined
  /** Looks, for people, whether what was done can be used; notes what is in the way. */
  look?: (connection: Connection, result: Result<S>, output: Output) => Promise<void>
  /** What to do next; commands in backticks. */
  next?: (result: Result<S>, given: Given<S>) => string | undefined
  /** Follows what was begun to its end; then there is `--wait`. */
  wait?: (connection: Connection, result: Result<S>, output: Output) => Promise<Result<S>>
  /** Flags that have a letter, by field. */
  letters?: Readonly<Record<string, NonNullable<Interfaces.Flag<unknown>['char']>>>
  /** Columns of a list in `table`; `wide` has every field. */
  columns?: readonly Column[]
  /** Whether the result means that the command failed (exit code 1). */
  failed?: (result: Result<S>) => boolean
  /** Prints the result for people; default every field, or the table. */
  show?: (result: Result<S>, output: Output) => void
}

export interface OperationCommandClass extends Command.Class {
  operation: Operation
}

/** Records a list asks for at a time, and how many it prints unless told. */
const pageSize = 1000
const listCap = 10_000

export function operationCommand<S extends Shape>(spec: OperationCommand<S>): OperationCommandClass {
  const {operation, args = []} = spec
  const {params, query, body} = operation
  const isList = fieldsOf(query).includes('after')
  const isGuarded = operation.problems?.includes('revision-mismatch') ?? false
  const nullable = removable(body)
  const given = [...args, ...(isList ? ['limit', 'after'] : [])]

  const flags = {
    ...(spec.wait && {wait: Flags.boolean({description: 'follow it to its end, a line a step'})}),
    ...(spec.confirm && (spec.typed ? typingFlags : askingFlags)),
    ...flagsFor(params, given),
    ...flagsFor(query, given),
    ...flagsFor(body as TObject | undefined, given),
    ...(isList && {
      limit: Flags.integer({
        min: 1,
        helpValue: '<number>',
        description: `how many at most [default: ${listCap}]`,
      }),
    }),
    ...(nullable.length > 0 && {
      unset: Flags.string({
        multiple: true,
        multipleNonGreedy: true,
        delimiter: ',',
        options: nullable.map(flagName),
        description: 'remove this field',
      }),
    }),
    ...(isGuarded && {
      'if-revision': Flags.integer({
        min: 0,
        helpValue: '<number>',
        description: 'only if the record still has this revision',
      }),
    }),
  }

  const named: Record<string, {aliases?: string[]}> = flags
  for (const [field, alias] of Object.entries(spec.aliases ?? {})) {
    const flag = named[flagName(field)]
    if (flag) flag.aliases = [alias]
  }
  for (const [field, char] of Object.entries(spec.letters ?? {}))
    Object.assign((flags as Record<string, object>)[flagName(field)] ?? {}, {char})

  return class extends McpxCommand {
    static operation: Operation = operation
    static override summary = operation.summary
    static override args = argsFor(args, [params, query, body])
    static override flags = flags
    static override baseFlags = commonFlags
    static override examples = spec.examples.map(([description, command]) => ({description, command}))

    async run(): Promise<void> {
      const parsed = await this.parse(this.ctor as OperationCommandClass)
      const fields: Document = {...parsed.flags, ...parsed.args}
      const output = this.output(parsed.flags as CommonFlags)
      let sent = sentFrom(operation, fields)
      const given = {...fields, ...(sent.query as Document), ...(sent.body as Document)} as Given<S>
      await confirmation(spec, given, parsed.flags as Asking)
      const connection = await this.connect(parsed.flags as CommonFlags)
      if (spec.more && parsed.flags['yes'] !== true)
        sent = sentFrom(operation, {...fields, ...(await spec.more(connection, fields as Given<S>))})
      const revision = fields['if-revision'] as number | undefined
      const answered = await output.during(`asking ${connection.url}`, () =>
        isList
          ? everyPage(connection, operation, sent, fields['limit'] as number | undefined)
          : connection.call(operation, sent, revision === undefined ? {} : {ifMatch: revision}),
      )
      const follow = fields['wait'] === true ? spec.wait : undefined
      const result = follow ? await follow(connection, answered, output) : answered
      await print(spec, result, fields as Given<S>, output, connection)
      if (spec.failed?.(result)) process.exitCode = exitCodes.failure
    }
  }
}

async function confirmation<S extends Shape>(
  {confirm, typed}: OperationCommand<S>,
  given: Given<S>,
  asking: Asking,
): Promise<void> {
  const question = confirm?.(given)
  if (question === undefined) return
  if (typed) return confirmedByTyping(question, typed(given), asking)
  return confirmed(question, asking)
}

function sentFrom<S extends Shape>(operation: Operation<S>, fields: Document): Sent<S> {
  const {params, query, body, id} = operation
  const document = documentFrom(body, fields)
  for (const name of (fields['unset'] as string[] | undefined) ?? []) {
    if (document) document[name.replaceAll('-', '_')] = null
  }
  const changes = operation.method === 'PATCH' || operation.method === 'PUT'
  if (changes && document && Object.keys(document).length === 0) {
    throw new Problem('usage', 'Nothing to change was given.', {
      hint: `give at least one flag; see \`mcpx ${id.replaceAll('.', ' ')} --help\``,
    })
  }
  return {
    params: documentFrom(params, fields),
    query: documentFrom(query, fields),
    body: document,
  } as unknown as Sent<S>
}

interface Page {
  items: unknown[]
  next: string | null
}

async function everyPage<S extends Shape>(
  connection: Connection,
  operation: Operation<S>,
  sent: Sent<S>,
  limit = listCap,
): Promise<Result<S>> {
  const items: unknown[] = []
  let after: string | null | undefined
  while (after !== null && items.length < limit) {
    const query = {
      ...(sent.query as Document),
      limit: Math.min(pageSize, limit - items.length),
      ...(after !== undefined && {after}),
    }
    const page = (await connection.call(operation, {...sent, query})) as Page
    items.push(...page.items)
    after = page.next
  }
  return {items, next: after ?? null} as Result<S>
}

async function print<S extends Shape>(
  spec: OperationCommand<S>,
  result: Result<S>,
  given: Given<S>,
  output: Output,
  connection: Connection,
): Promise<void> {
  if (output.forPrograms) {
    const fields = fieldsOf(itemSchema(spec.operation.result) ?? spec.operation.result)
    if (result !== undefined) await output.document(result, fields)
    return
  }
  if (output.format === 'name') return printNames(spec.operation, result, output)
  const done = spec.done?.(result, given)
  if (done !== undefined) output.done(done)
  if (spec.show) spec.show(result, output)
  else if (isPage(result)) printList(spec, result, output)
  else if (result !== undefined) printRecord(spec, result as Document, output)
  await spec.look?.(connection, result, output)
  const next = spec.next?.(result, given)
  if (next !== undefined) output.next(next)
}

/** All of it when it was asked for, only what is special about it when it was changed. */
function printRecord<S extends Shape>(
  {operation, done}: OperationCommand<S>,
  record: Document,
  output: Output,
): void {
  const fields = fieldsOf(operation.result)
  const brief = done !== undefined && output.format !== 'wide'
  output.details(record, brief ? telling(operation.result, record) : fields)
}

const isPage = (result: unknown): result is Page =>
  typeof result === 'object' && result !== null && 'items' in result && 'next' in result

function printList<S extends Shape>(spec: OperationCommand<S>, {items, next}: Page, output: Output): void {
  if (items.length === 0) return output.note('There are none.')
  const fields = fieldsOf(itemSchema(spec.operation.result))
  if (fields.length === 0) for (const item of items) output.line(cell(item))
  else output.table(items as Document[], output.format === 'wide' ? fields : (spec.columns ?? fields))
  if (next !== null) output.note(`There are more than these ${items.length}; see \`--limit\`.`)
}

/** The key of each record, which models put first. */
function printNames(operation: Operation, result: unknown, output: Output): void {
  const key = fieldsOf(itemSchema(operation.result) ?? operation.result)[0]
  for (const record of isPage(result) ? result.items : [result]) {
    if (record !== undefined) output.line(cell(key === undefined ? record : (record as Document)[key]))
  }
}
