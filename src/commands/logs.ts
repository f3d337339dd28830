import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../cli/command.ts'
import {exchangeLine} from '../cli/exchange.ts'
import {documentFrom, fieldsOf, flagsFor} from '../cli/fields.ts'
import type {Output} from '../cli/output.ts'
import {type ExchangeRecord, systemOperations} from '../core/contract/system.ts'

const {logs, logsFollow} = systemOperations
const exchangeFields = fieldsOf(logsFollow.result)

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
    {description: 'Into a spreadsheet', command: 'mcpx logs --limit 1000 --output csv'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Logs)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    if (!flags.follow) {
      const page = await connection.call(logs, {query: documentFrom(logs.query, flags) ?? {}})
      if (output.forPrograms) return output.document(page, exchangeFields)
      if (page.items.length === 0) output.note('No requests yet.')
      for (const exchange of page.items) await show(exchange, output)
      return
    }
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort())
    process.once('SIGTERM', () => stop.abort())
    if (output.forPeople && process.stdout.isTTY) output.note('Waiting for requests; Ctrl-C ends.')
    const query = documentFrom(logsFollow.query, flags) ?? {}
    for await (const exchange of connection.stream(logsFollow, {query}, {signal: stop.signal}))
      await show(exchange, output)
    if (!stop.signal.aborted) output.note('The server ended the stream.')
  }
}

async function show(exchange: ExchangeRecord, output: Output): Promise<void> {
  if (output.forPrograms) return output.item(exchange, exchangeFields)
  output.line(output.format === 'name' ? exchange.id : exchangeLine(exchange))
}
