// What diff, validate and apply share: the files they read and the plan the server makes of them.
import * as Flags from '@oclif/core/flags'
import type {Connection} from '../core/connect.ts'
import {configurationOperations, type Documents, type Plan} from '../core/contract/configuration.ts'

export const fileFlag = {
  file: Flags.string({
    char: 'f',
    required: true,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: '<file>',
    description: 'YAML or JSON file, folder of them, or `-` for standard input',
  }),
}
export const applyFlags = {
  ...fileFlag,
  prune: Flags.boolean({
    description: 'delete the records of the nouns in the documents that have no document',
  }),
}

/** What the server would change, or with `dryRun: false` has changed. */
export async function planFor(
  connection: Connection,
  documents: Documents,
  {prune = false, dryRun = true, deletions}: {prune?: boolean; dryRun?: boolean; deletions?: number} = {},
): Promise<Plan> {
  return connection.call(configurationOperations.apply, {
    body: {documents, dry_run: dryRun, prune, ...(deletions !== undefined && {deletions})},
  })
}
