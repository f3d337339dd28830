import chalk from 'chalk'
import {operationCommand} from '../cli/operation-command.ts'
import {cell, span} from '../cli/output.ts'
import {systemOperations} from '../core/contract/system.ts'

export default operationCommand({
  operation: systemOperations.health,
  examples: [
    ['Is everything well?', 'mcpx health'],
    ['Another server', 'mcpx health --url https://mcpx.example.com'],
  ],
  failed: ({status}) => status !== 'ok',
  show({status, version, uptime, checks}, output) {
    const colour = status === 'ok' ? chalk.green : chalk.yellow
    output.line(`${colour(status)} ${chalk.dim(`mcpx ${version}, up ${span(uptime)}`)}`)
    const parts = Object.entries(checks)
    const width = Math.max(0, ...parts.map(([name]) => name.length))
    for (const [name, {ok, detail}] of parts)
      output.line(
        `${ok ? chalk.green('✓') : chalk.red('✗')} ${name.padEnd(width)}  ${chalk.dim(cell(detail))}`,
      )
  },
})
