// Handlers of proxy key.
import type {keyOperations} from '../../core/contract/key.ts'
import {keyId, type StoredKey} from '../../core/store/records.ts'
import {makeSecret, secretHash} from '../../core/store/seal.ts'
import {assigned, type Caller, type Handlers, owned, type Parts} from './call.ts'
import {keysAt} from './oauth.ts'

const shown = ({hash: _, ...record}: StoredKey): Omit<StoredKey, 'hash'> => record

export function keyHandlers(parts: Parts): Handlers<typeof keyOperations> {
  const {key: keys, proxy: proxies} = parts.records

  const allowed = async (caller: Caller, hostname: string): Promise<void> => {
    owned(caller, 'proxy', hostname, await proxies.get(hostname))
  }

  return {
    async create({caller, params: {hostname}, body}) {
      await allowed(caller, hostname)
      const key = makeSecret('mpk_')
      const record = await keys.create(
        keyId(hostname, body.name),
        {...body, hostname, ...assigned(caller), hash: secretHash(key)},
        [`proxy/${hostname}`],
      )
      return {key, record: shown(record)}
    },
    async list({caller, params: {hostname}, query}) {
      await allowed(caller, hostname)
      const ids = await keysAt(parts, hostname)
      const from =
        query.after === undefined ? 0 : ids.findIndex(id => id > keyId(hostname, query.after ?? ''))
      const limit = query.limit ?? 100
      const some = from === -1 ? [] : ids.slice(from, from + limit)
      const items = (await keys.getMany(some)).filter(one => one !== undefined).map(shown)
      const more = from !== -1 && ids.length > from + limit
      return {items, next: more ? (items.at(-1)?.name ?? null) : null}
    },
    async revoke({caller, params: {hostname, name}}) {
      await allowed(caller, hostname)
      await keys.delete(keyId(hostname, name))
    },
  }
}
