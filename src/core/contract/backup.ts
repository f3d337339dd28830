// Everything that is kept, to be put back as it was: records with their secrets, first-start values, OAuth clients and sessions.
import Type, {type Static} from 'typebox'
import {operation} from '../operation.ts'

export const backupEntry = Type.Object(
  {
    noun: Type.String({
      description:
        'noun of a record; `first` is a first-start value, `value` what the authorization server keeps, `revocation` an access token that no longer holds, `end` the last entry',
    }),
    key: Type.String(),
    value: Type.Unknown({description: 'the record with its secrets in clear; of `end` how many came before'}),
  },
  {$id: 'BackupEntry'},
)
export type BackupEntry = Static<typeof backupEntry>

export const backupOperations = {
  backup: operation('backup', 'GET /backup', {
    summary: 'Tell everything that is kept, secrets in clear (server-sent events)',
    access: 'admin',
    result: backupEntry,
    stream: true,
  }),
  restore: operation('restore', 'POST /restore', {
    summary: 'Put everything back as a backup has it; what is not in it is deleted',
    access: 'admin',
    body: Type.Object(
      {entries: Type.Array(backupEntry, {description: 'all entries of a backup'})},
      {additionalProperties: false, $id: 'Restore'},
    ),
    large: true,
    result: Type.Object({
      restored: Type.Integer({description: 'records that are as in the backup now'}),
      deleted: Type.Integer({description: 'records that are not in the backup'}),
    }),
    problems: ['backup-incomplete', 'too-large'],
  }),
}
