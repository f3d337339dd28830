import * as Flags from '@oclif/core/flags'
import {applyFlags, planFor} from '../cli/apply.ts'
import {askingFlags, commonFlags, confirmedByTyping, McpxCommand} from '../cli/command.ts'
import {readDocuments, showPlan} from '../cli/documents.ts'
import type {Plan} from '../core/contract/configuration.ts'
import {Problem} from '../core/problem.ts'

export default class Apply extends McpxCommand {
  static override summary = 'Make the records be as documents say, all or none'
  static override description =
    'Fields that are not given go back to their default; secret fields that are not given stay as they are.'
  static override baseFlags = commonFlags
  static override flags = {
    ...applyFlags,
    'dry-run': Flags.boolean({description: 'only tell what would change'}),
    strict: Flags.boolean({description: 'change nothing when a document would be left out'}),
    ...askingFlags,
  }
  static override examples = [
    {description: 'What a file says', command: 'mcpx apply --file mcpx.yaml'},
    {description: 'Look first', command: 'mcpx apply --file records/ --dry-run'},
    {description: 'And delete what it does not name', command: 'mcpx apply --file mcpx.yaml --prune'},
    {description: 'From another server', command: 'mcpx export --context old | mcpx apply --file -'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Apply)
    const output = this.output(flags)
    const connection = await this.connect(flags)
    const documents = await readDocuments(flags.file)
    const {prune} = flags
    const planned = await planFor(connection, documents, {prune})
    if (flags.strict) refuseSkipped(planned)
    const deletions = planned.changes.filter(({action}) => action === 'delete').length
    if (!flags['dry-run'] && deletions > 0) {
      if (output.forPeople) showPlan(planned, output)
      const what = `This deletes ${deletions === 1 ? 'a record' : `${deletions} records`}.`
      await confirmedByTyping(what, `delete ${deletions}`, flags)
    }
    const plan = flags['dry-run']
      ? planned
      : await planFor(connection, documents, {prune, dryRun: false, deletions})
    if (output.forPrograms) return output.document(plan)
    showPlan(plan, output)
    if (plan.applied) output.done(plan.changes.length > 0 ? 'Applied' : 'There was nothing to change')
    else if (plan.changes.length > 0)
      output.next(`apply it: \`mcpx apply --file ${flags.file.join(' --file ')}\``)
  }
}

/** Throws documents-invalid. */
function refuseSkipped({skipped}: Plan): void {
  if (skipped.length === 0) return
  const errors = skipped.map(({noun, key, reason, remedy}) => ({
    field: `${noun} ${key}`,
    reason: `is left out: ${reason}`,
    remedy,
  }))
  throw new Problem('documents-invalid', `${skipped.length} would be left out`, {
    errors,
    hint: 'do what is named, or leave `--strict` away',
  })
}
