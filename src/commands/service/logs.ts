import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../../cli/command.ts'
import {argsFor, documentFrom, fieldsOf, flagsFor} from '../../cli/fields.ts'
import type {Output} from '../../cli/output.ts'
import {printable} from '../../cli/printable.ts'
import {type LogLine, serviceOperations} from '../../core/contract/service.ts'
import {Problem} from '../../core/problem.ts'

const {logs, logsFollow} = serviceOperations
const lineFields = fieldsOf(logsFollow.result)

export default class ServiceLogs extends McpxCommand {
  static override summary = 'Show the log of a service, or follow it'
  static override args = argsFor(['service_name'], [logs.params])
  static override baseFlags = commonFlags
  static override flags = {
    follow: Flags.boolean({char: 'f', description: 'go on until Ctrl-C'}),
    ...flagsFor(logs.query, ['since']),
    since: Flags.string({
      helpValue: '<time>',
      description: 'only lines written after this: a time (RFC 3339), or how long ago, e.g. 10m',
    }),
  }
  static override examples = [
    {description: 'The last lines', command: 'mcpx service logs tools --lines 20'},
    {description: 'Watch, with times', command: 'mcpx service logs tools --follow --timestamps'},
    {description: 'The last ten minutes', command: 'mcpx service logs tools --since 10m'},
  ]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ServiceLogs)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    const params = {service_name: String(args['service_name'])}
    const since = flags.since === undefined ? undefined : asTime(flags.since)
    const query = documentFrom(logs.query, {...flags, ...(since !== undefined && {since})}) ?? {}
    if (!flags.follow) {
      const {items} = await connection.call(logs, {params, query})
      if (output.forPrograms) return output.document({items}, lineFields)
      for (const line of items) await show(line, output)
      return
    }
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort())
    process.once('SIGTERM', () => stop.abort())
    for await (const line of connection.stream(logsFollow, {params, query}, {signal: stop.signal}))
      await show(line, output)
    if (!stop.signal.aborted) output.note('The log ended: the container stopped.')
  }
}

const units: Record<string, number> = {s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}

/** `10m` as the time that long ago; a time as it is. */
function asTime(text: string): string {
  const [, count, unit = 's'] = /^(\d+)([smhd])$/.exec(text) ?? []
  if (count !== undefined) return new Date(Date.now() - Number(count) * (units[unit] ?? 0)).toISOString()
  if (!Number.isNaN(Date.parse(text))) return text
  throw new Problem('usage', `--since ${text} is neither a time nor how long ago.`, {
    hint: 'write e.g. 30s, 10m, 12h or 2d, or 2026-01-31T12:00:00Z',
  })
}

async function show(line: LogLine, output: Output): Promise<void> {
  if (output.forPrograms) return output.item(line, lineFields)
  output.line(printable(line.time === undefined ? line.line : `${line.time} ${line.line}`))
}
