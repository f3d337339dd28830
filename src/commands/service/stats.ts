import {setTimeout as delay} from 'node:timers/promises'
import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {commonFlags, McpxCommand} from '../../cli/command.ts'
import {fieldsOf} from '../../cli/fields.ts'
import {bytes, type Column, type Document} from '../../cli/output.ts'
import {type ServiceStats as Stats, serviceOperations} from '../../core/contract/service.ts'

const {stats, statsAll} = serviceOperations

const size =
  (field: keyof Stats) =>
  (row: Document): string =>
    bytes(Number(row[field]))

const columns: Column[] = [
  'service_name',
  ['CPU', row => (row['cpu_percent'] === undefined ? '–' : `${row['cpu_percent']} %`)],
  ['MEMORY', row => `${bytes(Number(row['memory_used']))} / ${bytes(Number(row['memory_limit']))}`],
  ['MEM', row => `${row['memory_percent']} %`],
  ['NET RX', size('network_rx')],
  ['NET TX', size('network_tx')],
  ['READ', size('block_read')],
  ['WRITTEN', size('block_write')],
  'pids',
]

export default class ServiceStats extends McpxCommand {
  static override summary = 'Show what services use'
  static override args = {
    service_name: Args.string({
      ignoreStdin: true,
      description: 'name of the service; default every running one',
    }),
  }
  static override flags = {watch: Flags.boolean({char: 'w', description: 'go on until Ctrl-C'})}
  static override baseFlags = commonFlags
  static override examples = [
    {description: 'Every running service', command: 'mcpx service stats'},
    {description: 'Watch one', command: 'mcpx service stats tools --watch'},
  ]

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ServiceStats)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    const name = args.service_name
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort())
    process.once('SIGTERM', () => stop.abort())
    do {
      const {items, unmeasured} = name
        ? {items: [await connection.call(stats, {params: {service_name: name}})], unmeasured: []}
        : await connection.call(statsAll, {})
      if (output.forPrograms && flags.watch)
        for (const one of items) await output.item(one, fieldsOf(stats.result))
      else if (output.forPrograms) await output.document({items, unmeasured}, fieldsOf(stats.result))
      else if (output.format === 'name') for (const one of items) output.line(one.service_name)
      else if (items.length + unmeasured.length === 0) output.note('No service is running.')
      else output.table(items, columns)
      if (unmeasured.length > 0) output.note(`Not measured yet: ${unmeasured.join(', ')}.`)
      if (flags.watch) await delay(1000, undefined, {signal: stop.signal}).catch(() => {})
    } while (flags.watch && !stop.signal.aborted)
  }
}
