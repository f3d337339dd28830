// Handlers of instance.
import type {instanceOperations} from '../../core/contract/instance.ts'
import {fieldProblem} from '../../core/problem.ts'
import {assigned, type Caller, type Handlers, merge, owned, type Parts, visibleOwner} from './call.ts'
import {checkTarget} from './targets.ts'

export function instanceHandlers(parts: Parts): Handlers<typeof instanceOperations> {
  const instances = parts.records.instance

  const checkUrls = async (
    caller: Caller,
    {target_url, more_urls}: {target_url?: string; more_urls?: string[] | null},
  ): Promise<void> => {
    if (target_url !== undefined) await checkTarget(parts, caller, 'target_url', target_url)
    for (const [index, url] of (more_urls ?? []).entries())
      await checkTarget(parts, caller, `more_urls.${index}`, url)
  }

  const refuseOfService = (name: string): void => {
    if (!name.startsWith('docker-')) return
    throw fieldProblem(
      'name-reserved',
      'name',
      'instances whose names begin with `docker-` belong to services',
      'choose another name; what a service needs is changed with `mcpx service update`',
    )
  }

  return {
    async register({caller, body}) {
      refuseOfService(body.name)
      await checkUrls(caller, body)
      return instances.create(body.name, {...body, ...assigned(caller)})
    },

    async list({caller, query}) {
      return instances.list({...query, owner: visibleOwner(caller)})
    },

    async show({caller, params: {name}}) {
      return owned(caller, 'instance', name, await instances.get(name))
    },

    async update({caller, params: {name}, body, revision}) {
      owned(caller, 'instance', name, await instances.get(name))
      refuseOfService(name)
      await checkUrls(caller, body)
      return instances.update(
        name,
        current => merge(owned(caller, 'instance', name, current), body),
        revision,
      )
    },

    async delete({caller, params: {name}, revision}) {
      owned(caller, 'instance', name, await instances.get(name))
      refuseOfService(name)
      await instances.delete(name, revision)
    },
  }
}
