// Handlers of token.
import {adminName, type tokenOperations} from '../../core/contract/token.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import type {StoredToken} from '../../core/store/records.ts'
import {makeSecret, secretHash} from '../../core/store/seal.ts'
import type {Change} from '../../core/store/store.ts'
import {assigned, type Caller, type Handlers, merge, type Parts} from './call.ts'

const shown = ({hash: _, ...record}: StoredToken): Omit<StoredToken, 'hash'> => record

export function tokenHandlers({records, store}: Parts): Handlers<typeof tokenOperations> {
  const tokens = records.token

  /** A token sees itself, admin all. */
  const visible = async (caller: Caller, name: string): Promise<StoredToken> => {
    const record = caller.admin || caller.name === name ? await tokens.get(name) : undefined
    if (!record) throw new Problem('not-found', `There is no token ${name}`)
    return record
  }

  /** The deletion of each record a token owns. */
  const belongingsOf = async (owner: string): Promise<Change[]> => {
    const changes: Change[] = []
    for (const collection of [
      records.route,
      records.key,
      records.resource,
      records.proxy,
      records.instance,
      records.service,
      records.portToken,
      records.certificate,
    ]) {
      let after: string | undefined
      do {
        const {keys, next} = await collection.keys({after, owner, limit: 1000})
        changes.push(...keys.map(key => collection.deletion(key)))
        after = next ?? undefined
      } while (after !== undefined)
    }
    return changes
  }

  return {
    async create({caller, body}) {
      if (body.name.toUpperCase() === adminName) {
        throw fieldProblem('name-reserved', 'name', `${adminName} is the admin token`, 'choose another name')
      }
      const token = makeSecret('acm_')
      const record = await tokens.create(body.name, {
        ...body,
        ...assigned(caller),
        admin: false,
        hash: secretHash(token),
      })
      return {token, record: shown(record)}
    },

    async list({caller, query}) {
      if (!caller.admin) return {items: [shown(await visible(caller, caller.name))], next: null}
      const {items, next} = await tokens.list(query)
      return {items: items.map(shown), next}
    },

    async info({caller}) {
      return shown(await visible(caller, caller.name))
    },

    async email({caller, body}) {
      return shown(await tokens.update(caller.name, current => merge(current, body)))
    },

    async show({caller, params}) {
      return shown(await visible(caller, params.name))
    },

    async update({caller, params, body, revision}) {
      await visible(caller, params.name)
      return shown(await tokens.update(params.name, current => merge(current, body), revision))
    },

    async delete({params: {name}, query, revision}) {
      if (name === adminName) {
        throw fieldProblem(
          'name-reserved',
          'name',
          'the admin token cannot be deleted',
          'replace it with `mcpx serve --reset-admin-token`',
        )
      }
      const belongings = await belongingsOf(name)
      if (belongings.length > 0 && !query.cascade) {
        const named = belongings.slice(0, 10).map(({noun, key}) => `${noun} ${key}`)
        const more = belongings.length > named.length ? ` and ${belongings.length - named.length} more` : ''
        throw new Problem('in-use', `token ${name} owns ${named.join(', ')}${more}`, {
          hint: 'delete those first, or all together with `cascade`',
        })
      }
      const changes = [...belongings, tokens.deletion(name, revision)]
      await store.write(changes)
      return {removed: changes.map(({noun, key}) => `${noun}/${key}`)}
    },

    async certificates({caller, params, query}) {
      await visible(caller, params.name)
      const {keys, next} = await records.certificate.keys({...query, owner: params.name})
      return {items: keys, next}
    },

    async proxies({caller, params, query}) {
      await visible(caller, params.name)
      const {keys, next} = await records.proxy.keys({...query, owner: params.name})
      return {items: keys, next}
    },
  }
}
