// Handlers of backup and restore.
import type {backupOperations} from '../../core/contract/backup.ts'
import {backupOf, restore} from '../../core/store/backup.ts'
import type {Handlers, Parts} from './call.ts'

export const backupHandlers = ({store, records}: Parts): Handlers<typeof backupOperations> => ({
  async *backup() {
    yield* await backupOf(store, records)
  },

  restore: ({body}) => restore(store, records, body.entries),
})
