import {operationCommand} from '../cli/operation-command.ts'
import {cell, span} from '../cli/output.ts'
import {style} from '../cli/style.ts'
import {systemOperations} from '../core/contract/system.ts'

export default operationCommand({
  operation: systemOperations.health,
  examples: [
    ['Is everything well?', 'mcpx health'],
    ['Another server', 'mcpx health --url https://mcpx.example.com'],
  ],
  failed: ({status}) => status !== 'ok',
  show({status, version, uptime, checks}, output) {
    const colour = status === 'ok' ? style.green : style.yellow
    output.line(`${colour(status)} ${style.dim(`mcpx ${version}, up ${span(uptime)}`)}`)
    const parts = Object.entries(checks)
    const width = Math.max(0, ...parts.map(([name]) => name.length))
    for (const [name, {ok, detail}] of parts)
      output.line(
        `${ok ? style.green('✓') : style.red('✗')} ${name.padEnd(width)}  ${style.dim(cell(detail))}`,
      )
  },
})
