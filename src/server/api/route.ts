// Handlers of route.
import {randomBytes} from 'node:crypto'
import {type Route, type route, type routeOperations} from '../../core/contract/route.ts'
import {adminName} from '../../core/contract/token.ts'
import type {CreateOf} from '../../core/model.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import {matchPath} from '../../core/routing/path.ts'
import {compilePattern} from '../../core/routing/table.ts'
import {routeClaim} from '../../core/store/records.ts'
import {routeTaken} from '../../core/store/store.ts'
import {assigned, type Caller, type Handlers, merge, owned, type Parts, visibleOwner} from './call.ts'
import {checkPort, checkTarget} from './targets.ts'

/** From this priority on a route can stand before what mcpx answers itself. */
const adminPriority = 90

type Draft = CreateOf<typeof route> & Pick<Route, 'priority' | 'is_exact' | 'is_regex' | 'strip_path'>

/** The path in its one spelling (see matchPath). Throws invalid-request, pattern-invalid. */
function checkedPath(draft: Draft): string {
  const {path_pattern: path, is_regex, is_exact, strip_path} = draft
  if (is_regex && (is_exact || strip_path)) {
    const field = is_exact ? 'is_exact' : 'strip_path'
    throw fieldProblem(
      'invalid-request',
      field,
      'cannot go with is_regex',
      `set only one of ${field} and is_regex`,
    )
  }
  if (is_regex) {
    try {
      compilePattern(path)
      return path
    } catch (error) {
      throw fieldProblem(
        'pattern-invalid',
        'path_pattern',
        (error as Error).message,
        'use RE2 syntax: no lookaround, no backreferences',
      )
    }
  }
  if (!path.startsWith('/'))
    throw fieldProblem(
      'invalid-request',
      'path_pattern',
      `\`${path}\` does not begin with /`,
      `write \`/${path}\`, or set is_regex`,
    )
  if (/[?#\s]/.test(path))
    throw fieldProblem(
      'invalid-request',
      'path_pattern',
      'a path has no query, fragment or white space',
      'routes match the path alone',
    )
  return matchPath(path)
}

export function routeHandlers(parts: Parts): Handlers<typeof routeOperations> {
  const {route: routes, instance: instances, proxy: proxies, service: services} = parts.records

  /** Hosts that are not the caller's own, and what comes before built-in paths, are for admins. */
  const checkScope = async (caller: Caller, {hosts, priority}: Draft): Promise<void> => {
    if (caller.admin) return
    if (priority >= adminPriority) {
      throw fieldProblem(
        'admin-only',
        'priority',
        `priorities from ${adminPriority} are for admins`,
        `give one below ${adminPriority}`,
      )
    }
    const found = await proxies.getMany(hosts ?? [])
    hosts?.forEach((host, index) => {
      if (host === '*')
        throw fieldProblem(
          'admin-only',
          'hosts',
          'all hosts (`*`) is for admins',
          'name your own hostnames, or leave hosts out',
        )
      if (found[index]?.owner !== caller.name) {
        throw fieldProblem(
          'reference-unknown',
          'hosts',
          `you have no proxy \`${host}\``,
          `create it first: \`mcpx proxy create ${host} URL\``,
        )
      }
    })
  }

  const checkNamed = async (
    caller: Caller,
    noun: string,
    value: string,
    record: {owner: string} | undefined,
  ): Promise<void> => {
    if (record && (caller.admin || record.owner === caller.name)) return
    throw fieldProblem(
      'reference-unknown',
      'target_value',
      `there is no ${noun} \`${value}\``,
      `see \`mcpx ${noun} list\``,
    )
  }

  const checkGoal = async (caller: Caller, {target_type, target_value}: Draft): Promise<void> => {
    switch (target_type) {
      case 'port':
        return checkPort(parts, caller, 'target_value', target_value)
      case 'url':
        if (!/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/i.test(target_value)) {
          throw fieldProblem(
            'invalid-request',
            'target_value',
            `\`${target_value}\` is not an http(s) URL without user name and query`,
            'give a URL such as http://10.0.0.5:8080',
          )
        }
        return checkTarget(parts, caller, 'target_value', target_value)
      case 'instance':
        return checkNamed(caller, 'instance', target_value, await instances.get(target_value))
      case 'hostname':
        return checkNamed(caller, 'proxy', target_value, await proxies.get(target_value))
      case 'service':
        return checkNamed(caller, 'service', target_value, await services.get(target_value))
    }
  }

  /** On a host that both serve, an admin and its owner share the places. Throws route-taken. */
  const checkPlace = async (draft: Draft, owner: string, id?: string): Promise<void> => {
    const {hosts = []} = draft
    const found = await proxies.getMany(hosts)
    const claims = hosts.flatMap((host, index) => {
      const other = owner === adminName ? found[index]?.owner : adminName
      return other === undefined || other === owner ? [] : [routeClaim(draft, other, host)]
    })
    const holder = (await parts.store.claimants(claims)).find(
      one => one !== undefined && one !== `route/${id}`,
    )
    if (holder !== undefined) throw routeTaken(holder)
  }

  /** The draft with its path in one spelling. */
  const checked = async <D extends Draft>(
    caller: Caller,
    draft: D,
    owner: string,
    id?: string,
  ): Promise<D> => {
    const placed = {...draft, path_pattern: checkedPath(draft)}
    await checkScope(caller, placed)
    await checkGoal(caller, placed)
    await checkPlace(placed, owner, id)
    return placed
  }

  const update: Handlers<typeof routeOperations>['update'] = async ({
    caller,
    params: {route_id: id},
    body,
    revision,
  }) => {
    const before = owned(caller, 'route', id, await routes.get(id))
    const touched = await checked(caller, merge(before, body), before.owner, id)
    return routes.update(
      id,
      current => {
        if (current.revision !== before.revision)
          throw new Problem('revision-mismatch', `route ${id} was changed at the same time`)
        return touched
      },
      revision,
    )
  }

  return {
    async create({caller, body}) {
      const draft = await checked(caller, body as Draft, caller.name)
      const route_id = body.route_id ?? `r${randomBytes(6).toString('hex')}`
      return routes.create(route_id, {...(draft as Route), ...assigned(caller), route_id})
    },

    async list({caller, query}) {
      return routes.list({...query, owner: visibleOwner(caller)})
    },

    async show({caller, params: {route_id: id}}) {
      return owned(caller, 'route', id, await routes.get(id))
    },

    update,
    enable: call => update({...call, body: {enabled: true}}),
    disable: call => update({...call, body: {enabled: false}}),

    async delete({caller, params: {route_id: id}, revision}) {
      owned(caller, 'route', id, await routes.get(id))
      await routes.delete(id, revision)
    },
  }
}
