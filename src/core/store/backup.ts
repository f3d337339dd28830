// Everything that is kept, told and put back: what is sealed is opened on the way out and sealed again on the way in.
import type {BackupEntry} from '../contract/backup.ts'
import {Problem} from '../problem.ts'
import {Collection} from './collection.ts'
import {ExpiringValues, type Kept} from './expiring.ts'
import {Revocations, revocationNoun} from './revocations.ts'
import type {Change, Store} from './store.ts'

type AnyCollection = Collection<{owner: string; revision: number}>

const firstStart = 'first'
const expiring = 'value'
const end = 'end'
const patience = 5

const collectionsOf = (records: object): AnyCollection[] =>
  Object.values(records).filter((one): one is AnyCollection => one instanceof Collection)

/** Every entry, the last one `end`; as of one moment unless others never stop writing. */
export async function backupOf(store: Store, records: object): Promise<BackupEntry[]> {
  for (let tries = 1; ; tries++) {
    const before = await store.newest()
    const entries = await everything(store, records)
    if ((await store.newest()) === before || tries === patience)
      return [...entries, {noun: end, key: '', value: entries.length}]
  }
}

async function everything(store: Store, records: object): Promise<BackupEntry[]> {
  const entries: BackupEntry[] = []
  for (const collection of collectionsOf(records)) {
    for await (const [key, {revision: _, ...value}] of collection.all())
      entries.push({noun: collection.noun, key, value})
  }
  for (const [key, value] of await store.firstStartValues()) entries.push({noun: firstStart, key, value})
  for await (const [key, value] of new ExpiringValues(store).kept())
    entries.push({noun: expiring, key, value})
  for (const [key, value] of await new Revocations(store).all())
    entries.push({noun: revocationNoun, key, value})
  return entries
}

/** Records in one step, then logins and secrets. Throws backup-incomplete. */
export async function restore(
  store: Store,
  records: object,
  entries: readonly BackupEntry[],
): Promise<{restored: number; deleted: number}> {
  const last = entries.at(-1)
  if (last?.noun !== end || last.value !== entries.length - 1)
    throw new Problem('backup-incomplete', `The backup should have ${String(last?.value)} entries`)
  const changes: Change[] = []
  let deleted = 0
  for (const collection of collectionsOf(records)) {
    const mine = entries.filter(({noun}) => noun === collection.noun)
    const kept = new Set(mine.map(({key}) => key))
    for (const {key, value} of mine) changes.push(collection.restoration(key, value as never))
    for await (const [key] of collection.all()) {
      if (kept.has(key)) continue
      changes.push(collection.deletion(key))
      deleted++
    }
  }
  if (changes.length > 0) await store.write(changes)
  for (const {noun, key, value} of entries)
    if (noun === firstStart) await store.setFirstStart(key, String(value))
  const values = entries.filter(({noun}) => noun === expiring)
  await new ExpiringValues(store).replace(values.map(({key, value}) => [key, value as Kept]))
  const revoked = entries.filter(({noun}) => noun === revocationNoun)
  await new Revocations(store).revoke(revoked.map(({key, value}) => ({jti: key, exp: Number(value)})))
  return {restored: changes.length - deleted, deleted}
}
