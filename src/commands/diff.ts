import {applyFlags, planFor} from '../cli/apply.ts'
import {commonFlags, McpxCommand} from '../cli/command.ts'
import {readDocuments, showPlan} from '../cli/documents.ts'
import {exitCodes} from '../cli/exit-codes.ts'

export default class Diff extends McpxCommand {
  static override summary = 'Show what `mcpx apply` would change'
  static override description =
    'Ends with 1 when there is a difference, and when it fails; with `--json` a failure is a document with a `code`, a difference one with `changes`.'
  static override baseFlags = commonFlags
  static override flags = applyFlags
  static override examples = [
    {description: 'A file against the server', command: 'mcpx diff --file mcpx.yaml'},
    {description: 'What is too much as well', command: 'mcpx diff --file mcpx.yaml --prune'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Diff)
    const output = this.output(flags)
    const plan = await planFor(await this.connect(flags), await readDocuments(flags.file), {
      prune: flags.prune,
    })
    if (plan.changes.length > 0) process.exitCode = exitCodes.failure
    if (output.forPrograms) return output.document(plan)
    showPlan(plan, output)
  }
}
