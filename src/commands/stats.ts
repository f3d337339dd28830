import {fieldsOf} from '../cli/fields.ts'
import {operationCommand} from '../cli/operation-command.ts'
import {bytes, cell, span} from '../cli/output.ts'
import {stats, systemOperations} from '../core/contract/system.ts'

export default operationCommand({
  operation: systemOperations.stats,
  examples: [['How busy is it?', 'mcpx stats']],
  show({proxies, ...figures}, output) {
    const shown = {
      ...figures,
      uptime: span(figures.uptime),
      bytes_in: bytes(figures.bytes_in),
      bytes_out: bytes(figures.bytes_out),
      records: Object.entries(figures.records)
        .map(([noun, count]) => `${noun} ${count}`)
        .join(', '),
    }
    output.details(shown, fieldsOf(stats))
    if (proxies.length === 0) return
    output.line()
    const rows = proxies.map(proxy => ({...proxy, mean: `${cell(Math.round(proxy.mean_ms * 10) / 10)} ms`}))
    output.table(rows, ['hostname', 'requests', 'errors', 'mean'])
  },
})
