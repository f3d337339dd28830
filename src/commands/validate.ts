import {fileFlag, planFor} from '../cli/apply.ts'
import {commonFlags, McpxCommand} from '../cli/command.ts'
import {readDocuments, showSkipped} from '../cli/documents.ts'

export default class Validate extends McpxCommand {
  static override summary = 'Check documents against the server without changing anything'
  static override baseFlags = commonFlags
  static override flags = fileFlag
  static override examples = [{description: 'Before a commit', command: 'mcpx validate --file records/'}]

  async run(): Promise<void> {
    const {flags} = await this.parse(Validate)
    const output = this.output(flags)
    const plan = await planFor(await this.connect(flags), await readDocuments(flags.file))
    const valid = {valid: true, records: plan.changes.length + plan.unchanged, skipped: plan.skipped}
    if (output.forPrograms) return output.document(valid)
    showSkipped(plan, output)
    output.done(`${valid.records} records can be applied`)
    output.next(`see what would change: \`mcpx diff --file ${flags.file.join(' --file ')}\``)
  }
}
