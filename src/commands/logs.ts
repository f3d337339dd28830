import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../cli/command.ts'
import {exchangeLine} from '../cli/exchange.ts'
import {documentFrom, flagsFor} from '../cli/fields.ts'
import type {Output} from '../cli/output.ts'
import {type ExchangeRecord, systemOperations} from '../core/contract/system.ts'

const {logs, logsFollow} = systemOperations

export default class Logs extends McpxCommand {
  static override summary = 'Show recent requests, or follow them as they end'
  static override baseFlags = commonFlags
  static override flags = {
    follow: Flags.boolean({char: 'f', description: 'go on until Ctrl-C'}),
    ...flagsFor(logs.query),
  }
  static override examples = [
    {description: 'What happened lately', command: 'mcpx logs'},
    {
      description: 'Watch the failures of one host',
      command: 'mcpx logs --follow --host app.example.com --status 5xx',
    },
    {description: 'Tool calls, as JSON lines', command: 'mcpx logs --follow --mcp tools/call --json'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Logs)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    if (!flags.follow) {
      const page = await connection.call(logs, {query: documentFrom(logs.query, flags) ?? {}})
      if (output.forPrograms) return output.document(page)
      if (page.items.length === 0) output.note('No requests yet.')
      for (const exchange of page.items) show(exchange, output)
      return
    }
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort())
    process.once('SIGTERM', () => stop.abort())
    if (output.forPeople && process.stdout.isTTY) output.note('Waiting for requests; Ctrl-C ends.')
    const query = documentFrom(logsFollow.query, flags) ?? {}
    for await (const exchange of connection.stream(logsFollow, {query}, {signal: stop.signal}))
      show(exchange, output)
    if (!stop.signal.aborted) output.note('The server ended the stream.')
  }
}

function show(exchange: ExchangeRecord, output: Output): void {
  if (output.forPrograms) output.line(JSON.stringify(exchange))
  else if (output.format === 'name') output.line(exchange.id)
  else output.line(exchangeLine(exchange))
}
