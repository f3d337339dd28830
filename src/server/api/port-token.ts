// Handlers of port token.
import type {PortToken, portTokenOperations} from '../../core/contract/port-token.ts'
import {fieldProblem} from '../../core/problem.ts'
import {refusal} from '../../core/routing/guarded.ts'
import {portTokenClaim, type Records, type StoredPortToken} from '../../core/store/records.ts'
import {makeSecret, secretHash} from '../../core/store/seal.ts'
import {forgetUses, usesOf} from '../../core/store/uses.ts'
import {assigned, type Caller, type Handlers, owned, type Parts, visibleOwner} from './call.ts'

const units: Record<string, number> = {s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}

/** Milliseconds of `12h`, `30d`. */
const milliseconds = (duration: string): number =>
  Number(duration.slice(0, -1)) * (units[duration.slice(-1)] ?? 0)

const shown = ({hash: _, by_admin: __, ...record}: StoredPortToken): PortToken => record

/** Throws reference-unknown for services that the caller has not. */
export async function checkServices(
  {service: services}: Records,
  caller: Caller,
  names: readonly string[],
): Promise<void> {
  const found = await services.getMany(names)
  for (const [index, name] of names.entries()) {
    const service = found[index]
    if (service && (caller.admin || service.owner === caller.name)) continue
    throw fieldProblem(
      'reference-unknown',
      'allowed_services',
      `there is no service \`${name}\``,
      'see `mcpx service list`',
    )
  }
}

export function portTokenHandlers({records, store}: Parts): Handlers<typeof portTokenOperations> {
  const {portToken: tokens, service: services} = records

  const withUses = async (list: StoredPortToken[]): Promise<PortToken[]> => {
    const uses = await usesOf(
      store,
      list.map(({token_name}) => token_name),
    )
    return list.map((token, index) => {
      const {count = 0, last} = uses[index] ?? {}
      return {...shown(token), use_count: count, ...(last !== undefined && {last_used: last})}
    })
  }

  return {
    async create({caller, body}) {
      const {expires_in = '30d', token_name, allowed_services, allowed_ports = []} = body
      await checkServices(records, caller, allowed_services)
      const token = makeSecret('pat_')
      const record = await tokens.create(token_name, {
        token_name,
        allowed_services,
        allowed_ports,
        ...assigned(caller),
        expires_at: new Date(Date.now() + milliseconds(expires_in)).toISOString(),
        use_count: 0,
        hash: secretHash(token),
        by_admin: caller.admin,
      })
      return {token, record: shown(record)}
    },

    async list({caller, query}) {
      const {items, next} = await tokens.list({...query, owner: visibleOwner(caller)})
      return {items: await withUses(items), next}
    },

    async revoke({caller, params: {token_name: name}, revision}) {
      owned(caller, 'port token', name, await tokens.get(name))
      await tokens.delete(name, revision)
      await forgetUses(store, name)
    },

    async validate({caller, body}) {
      const hash = secretHash(body.token)
      const id = await store.claimant(portTokenClaim(hash))
      const token = id === undefined ? undefined : await tokens.get(id.slice('port-token/'.length))
      if (!token || token.hash !== hash || !(caller.admin || token.owner === caller.name))
        return {valid: false, reason: 'it is not known'}
      const service = body.service === undefined ? undefined : await services.get(body.service)
      const reason = refusal(token, {service: body.service, host: body.port, owner: service?.owner})
      return {
        valid: reason === undefined,
        token_name: token.token_name,
        ...(reason !== undefined && {reason}),
      }
    },
  }
}
