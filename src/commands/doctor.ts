import {commonFlags, McpxCommand} from '../cli/command.ts'
import {type Check, examine} from '../cli/doctor.ts'
import {exitCodes} from '../cli/exit-codes.ts'
import {typed} from '../cli/hint.ts'
import type {Output} from '../cli/output.ts'
import {printable} from '../cli/printable.ts'
import {style} from '../cli/style.ts'

const signs = {ok: style.green('✓'), warning: style.yellow('!'), failure: style.red('✗')}

export default class Doctor extends McpxCommand {
  static override summary = 'Look for what is wrong, and say what to do about it'
  static override description =
    'The server as a client sees it, and, where the server is, this machine. Ends with 1 when something failed.'
  static override baseFlags = commonFlags
  static override examples = [
    {description: 'Why does it not work?', command: 'mcpx doctor'},
    {description: 'For a monitor', command: 'mcpx doctor --json'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Doctor)
    const output = this.output(flags)
    const checks: Check[] = []
    const connection = await this.connect(flags)
    await output.during('looking', async () => {
      for await (const check of examine(connection, this.config.version)) {
        checks.push(check)
        if (output.forPeople) show(check, output)
      }
    })
    const failed = checks.filter(({status}) => status === 'failure')
    if (failed.length > 0) process.exitCode = exitCodes.failure
    if (output.forPrograms) return output.document({items: checks})
    if (output.format === 'name') return failed.forEach(({check}) => output.line(check))
    const count = (status: Check['status']): number => checks.filter(one => one.status === status).length
    output.note(`${count('ok')} fine, ${count('warning')} to look at, ${count('failure')} wrong`)
  }
}

function show({status, check, detail, remedy}: Check, output: Output): void {
  output.line(`${signs[status]} ${check}  ${style.dim(printable(detail))}`)
  if (remedy !== undefined) output.line(`    → ${typed(printable(remedy))}`)
}
