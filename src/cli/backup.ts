// The entries of a backup as lines of JSON, on their way to a file and back.
import type {Connection} from '../core/connect.ts'
import {type BackupEntry, backupOperations} from '../core/contract/backup.ts'
import {Problem} from '../core/problem.ts'

/** A line for each entry; `told` counts them. Throws backup-incomplete when the server stopped midway. */
export async function* backupLines(connection: Connection, told: {entries: number}): AsyncGenerator<string> {
  let isWhole = false
  for await (const entry of connection.stream(backupOperations.backup, {})) {
    isWhole = entry.noun === 'end'
    if (!isWhole) told.entries++
    yield `${JSON.stringify(entry)}\n`
  }
  if (!isWhole) throw new Problem('backup-incomplete', 'The server ended the backup midway')
}

/** The entries in the lines. */
export async function entriesOf(lines: AsyncIterable<Uint8Array>): Promise<BackupEntry[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of lines) pieces.push(piece)
  const text = Buffer.concat(pieces).toString('utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as BackupEntry)
}
