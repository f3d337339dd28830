import {telling} from '../../cli/fields.ts'
import {tellUncovered} from '../../cli/follow-certificate.ts'
import {operationCommand} from '../../cli/operation-command.ts'
import {tellSilence} from '../../cli/reachable.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'

export default operationCommand({
  operation: proxyOperations.create,
  args: ['hostname', 'target_url'],
  examples: [
    ['Publish a service of this machine', 'mcpx proxy create app.example.com http://127.0.0.1:3000'],
    [
      'Give the upstream a header of its own',
      'mcpx proxy create app.example.com http://127.0.0.1:3000 --custom-headers X-Team=tools',
    ],
    ['Only what routes serve', 'mcpx proxy create mcp.example.com'],
  ],
  done: ({hostname}) => `Proxy ${hostname} created`,
  show: ({coverage, ...record}, output) => {
    const {result} = proxyOperations.create
    output.details(record, output.format === 'wide' ? Object.keys(record) : telling(result, record))
    tellUncovered(coverage, output)
  },
  look: async (connection, {hostname, target_url}, output) => {
    if (target_url === undefined) return
    const {upstream} = await connection.call(proxyOperations.show, {params: {hostname}})
    if (upstream?.healthy === false) tellSilence(hostname, upstream, output)
  },
  next: ({hostname, target_url}) =>
    target_url === undefined
      ? 'give it something to serve: `mcpx route create /mcp instance NAME`'
      : `see whether it answers: \`mcpx proxy show ${hostname}\``,
})
