// Handlers of service.
import type {Readable} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import type {PortConfig} from '../../core/contract/port.ts'
import {authDefaults} from '../../core/contract/protection.ts'
import {proxyTarget} from '../../core/contract/proxy.ts'
import {type Route, route as routeModel} from '../../core/contract/route.ts'
import type {Service, serviceOperations} from '../../core/contract/service.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import type {Change} from '../../core/store/store.ts'
import {assigned, type Caller, type Handlers, merge, owned, type Parts, visibleOwner} from './call.ts'
import {asPublished, whilePortsAreTaken, withHostPorts} from './ports.ts'
import {proxyCreation} from './proxy-creation.ts'
import {checkCpus, checkService} from './service-policy.ts'
import {serviceRouteId} from './service-route.ts'
import {withDefaults} from './validate.ts'

type Wanted = Service['wanted']
type Draft = Omit<Service, 'revision'>

/** Fields whose change makes a build necessary. */
const buildFields = ['image', 'dockerfile_path', 'build_context', 'build_args'] as const

/** The older field for one published port is written down as what it means. */
function withExternalPort({external_port, ...draft}: Draft): Draft {
  if (external_port === undefined) return draft
  const others = draft.port_configs.filter(({name}) => name !== 'external')
  return {...draft, port_configs: [...others, {name: 'external', host: external_port}]}
}

export function serviceHandlers(parts: Parts): Handlers<typeof serviceOperations> {
  const {records, services: control, store} = parts
  const {service: services, route: routes, proxy: proxies, instance: instances} = records

  const mine = async (caller: Caller, name: string): Promise<Service> =>
    owned(caller, 'service', name, await services.get(name))

  /** Have the manager act; who only wrote down what should be is not told when the engine is away. */
  const apply = (name: string): void => void control.apply(name).catch(() => {})

  /** Change a service as a whole: check it, give it its ports, write it, have it brought about. */
  const change = async (
    caller: Caller,
    name: string,
    edit: (current: Service) => Draft,
    {revision, dryRun = false}: {revision?: number | undefined; dryRun?: boolean} = {},
  ): Promise<Service> => {
    const automatic = edit(await mine(caller, name)).port_configs.some(({host}) => host === undefined)
    const attempt = async (): Promise<Service> => {
      const before = await mine(caller, name)
      const {built_image, reason: _, last_lines: __, ...next} = withExternalPort(edit(before))
      const isRebuilt = buildFields.some(
        field => JSON.stringify(next[field]) !== JSON.stringify(before[field]),
      )
      const draft = {...next, ...(!isRebuilt && built_image !== undefined && {built_image})}
      checkService(parts, caller, draft)
      await checkCpus(parts, draft)
      const port_configs = await withHostPorts(parts, draft, draft.port_configs, before.port_configs)
      if (dryRun) {
        if (revision !== undefined && before.revision !== revision)
          throw new Problem('revision-mismatch', `service ${name} is at revision ${before.revision} by now`)
        return {...(draft as Service), port_configs}
      }
      control.begin(name)
      const status = draft.wanted === 'running' ? 'creating' : before.status
      return services.update(name, () => ({...draft, port_configs, status}), revision ?? before.revision)
    }
    const changed = await whilePortsAreTaken(automatic, () => whileOvertaken(revision, attempt))
    if (!dryRun) apply(name)
    return changed
  }

  const want = async (caller: Caller, name: string, wanted: Wanted): Promise<Service> => {
    const before = await mine(caller, name)
    const moved = wanted === 'running' ? await movedHere(before) : undefined
    control.begin(name)
    const changed = await services.update(name, current => {
      const {reason: _, last_lines: __, ...rest} = owned(caller, 'service', name, current)
      const status = wanted === 'running' && current.status !== 'running' ? 'creating' : current.status
      const draft = {...rest, wanted, status, updated_at: new Date().toISOString()}
      return moved ? {...withoutContainer(draft), ...moved} : draft
    })
    if (moved) await control.forget(before)
    if (wanted === 'running') apply(name)
    else await control.apply(name)
    return (await services.get(name)) ?? changed
  }

  /** A service whose engine nobody looks after any more moves to this one, if its ports can be had here. */
  const movedHere = async (service: Service): Promise<Partial<Service> | undefined> => {
    if (!(await control.isLost(service.engine))) return undefined
    const engine = await control.engineId()
    return {engine, port_configs: await withHostPorts(parts, {...service, engine}, service.port_configs)}
  }

  const portNamed = (service: Service, name: string): PortConfig => {
    const found = service.port_configs.find(port => port.name === name)
    if (found) return found
    throw new Problem('not-found', `The service ${service.service_name} has no port ${name}`)
  }

  /** The routes that point at a service, and the proxies that were made for it. */
  const attached = async ({service_name, owner}: Service): Promise<Change[]> => {
    const changes: Change[] = []
    for await (const [id, {target_type, target_value, hosts, owner: by}] of routes.all()) {
      if (target_type !== 'service' || target_value !== service_name || by !== owner) continue
      changes.push(routes.deletion(id))
      if (id !== serviceRouteId(service_name, hosts?.[0] ?? '')) continue
      const proxy = await proxies.get(hosts?.[0] ?? '')
      if (proxy?.owner === owner)
        changes.push(...(await protectionOf(proxy.hostname)), proxies.deletion(proxy.hostname))
    }
    return changes
  }

  /** The resources and keys of a proxy, which are nothing without it. */
  const protectionOf = async (hostname: string): Promise<Change[]> => {
    const changes: Change[] = []
    for await (const [id, one] of records.resource.all())
      if (one.proxy_target === hostname) changes.push(records.resource.deletion(id))
    for await (const [id, one] of records.key.all())
      if (one.hostname === hostname) changes.push(records.key.deletion(id))
    return changes
  }

  return {
    async create({caller, query, body}) {
      refuseReserved(body.service_name)
      const engine = await control.engineId()
      const draft = withExternalPort({
        ...(body as Service),
        ...assigned(caller),
        engine,
        wanted: 'running',
        status: 'creating',
        health: 'none',
      })
      checkService(parts, caller, draft)
      await checkCpus(parts, draft)
      const name = body.service_name
      const automatic = draft.port_configs.some(({host}) => host === undefined)
      const made = await whilePortsAreTaken(automatic, async () => {
        if (await services.get(name)) throw new Problem('already-exists', `service ${name} exists already`)
        const port_configs = await withHostPorts(parts, draft, draft.port_configs)
        if (query?.dry_run) return {...draft, port_configs, revision: 0}
        control.begin(name)
        return services.create(name, {...draft, port_configs})
      })
      if (!query?.dry_run) apply(name)
      return made
    },

    async upload({body}) {
      return {build_context: `upload:${await control.upload(body as unknown as Readable)}`}
    },

    async list({caller, query}) {
      return services.list({...query, owner: visibleOwner(caller)})
    },

    async show({caller, params}) {
      return mine(caller, params.service_name)
    },

    async update({caller, params, query, body, revision}) {
      return change(caller, params.service_name, current => merge(current, body), {
        revision,
        dryRun: query?.dry_run ?? false,
      })
    },

    async delete({caller, params: {service_name: name}, query, revision}) {
      const service = await mine(caller, name)
      const also = query.delete_proxy ? await attached(service) : []
      await control.forget(service)
      const instance = (await instances.get(`docker-${name}`)) ? [instances.deletion(`docker-${name}`)] : []
      await store
        .write([...also, ...instance, services.deletion(name, revision)])
        .catch(error => throwWithWayOut(error))
      await control.apply(name).catch(error => {
        // The manager removes the container once its engine is back.
        if (!(error instanceof Problem && error.code === 'engine-unavailable')) throw error
      })
    },

    async start({caller, params}) {
      return want(caller, params.service_name, 'running')
    },
    async stop({caller, params}) {
      return want(caller, params.service_name, 'stopped')
    },
    async restart({caller, params: {service_name: name}}) {
      await control.restart(await mine(caller, name))
      return want(caller, name, 'running')
    },

    async progress({caller, params: {service_name: name}, signal}) {
      await mine(caller, name)
      return control.progress(name, signal)
    },

    async logs({caller, params, query}) {
      const items = []
      const service = await mine(caller, params.service_name)
      for await (const line of control.logs(service, query, undefined)) items.push(line)
      return {items}
    },

    async logsFollow({caller, params, query, signal}) {
      return begun(control.logs(await mine(caller, params.service_name), query, signal))
    },

    async stats({caller, params}) {
      return control.stats(await mine(caller, params.service_name))
    },

    async statsAll({caller}) {
      const running: Service[] = []
      for await (const [, service] of services.all()) {
        const visible = caller.admin || service.owner === caller.name
        if (visible && service.container_id !== undefined) running.push(service)
      }
      running.sort((one, other) => (one.service_name < other.service_name ? -1 : 1))
      return control.statsAll(running)
    },

    async proxyCreate({caller, params: {service_name: name}, body}) {
      const service = await mine(caller, name)
      const {hostname, enable_https = true, protected: login = false} = body
      const owner = {...caller, name: service.owner}
      const draft = withDefaults(proxyTarget.create, {hostname, enable_https})
      const {proxy, changes} = await proxyCreation(parts, owner, {
        ...draft,
        ...(login && {auth: {...authDefaults, enabled: true}}),
      })
      const route = {
        ...withDefaults(routeModel.create, {
          path_pattern: '/',
          target_type: 'service',
          target_value: name,
          hosts: [hostname],
        }),
        ...assigned(owner),
        route_id: serviceRouteId(name, hostname),
      } as Route
      // All at once: with a login, nothing stands open for a moment; when one is refused, nothing is made.
      const [of = 0, ...others] = await store.write([...changes, routes.creation(route.route_id, route)])
      return {proxy: {...proxy, revision: of}, route: {...route, revision: others.at(-1) ?? 0}}
    },

    async portAdd({caller, params: {service_name: name}, body}) {
      return change(caller, name, current => {
        if (current.port_configs.some(port => port.name === body.name))
          throw fieldProblem(
            'already-exists',
            'name',
            `the service ${name} has a port ${body.name}`,
            'choose another name',
          )
        return merge(current, {port_configs: [...current.port_configs, body]})
      })
    },

    async portList({caller, params}) {
      const {port_configs, bind_address} = await mine(caller, params.service_name)
      return {items: port_configs.map(port => asPublished(port, bind_address)), next: null}
    },

    async portUpdate({caller, params: {service_name: name, port_name}, body}) {
      return change(caller, name, current => {
        const changed = merge(portNamed(current, port_name), body)
        const {updated_at: _, ...port} = changed
        return merge(current, {
          port_configs: current.port_configs.map(one => (one.name === port_name ? port : one)),
        })
      })
    },

    async portRemove({caller, params: {service_name: name, port_name}}) {
      return change(caller, name, current => {
        portNamed(current, port_name)
        return merge(current, {port_configs: current.port_configs.filter(port => port.name !== port_name)})
      })
    },

    async cleanup({query}) {
      return control.cleanup(query.delete_volumes ?? false)
    },
  }
}

/** What was made with `service proxy create` need not be taken away piece by piece. */
function throwWithWayOut(error: unknown): never {
  if (!(error instanceof Problem && error.code === 'in-use')) throw error
  throw new Problem('in-use', error.message, {
    cause: error,
    hint: 'its own proxies and routes go with it when asked: `--delete-proxy`, `?delete_proxy=true`; others first',
  })
}

/** An edit that somebody else's write overtook is made anew, from what is there by then, unless one revision was meant. */
async function whileOvertaken<T>(revision: number | undefined, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      const isOvertaken = error instanceof Problem && error.code === 'revision-mismatch'
      if (!isOvertaken || revision !== undefined || tries === mostTries) throw error
    }
  }
}

const mostTries = 20

/** Words that stand in the place of a name in the paths of the API. */
function refuseReserved(name: string): void {
  if (name !== 'contexts' && name !== 'cleanup' && name !== 'stats') return
  throw fieldProblem(
    'name-reserved',
    'service_name',
    `\`${name}\` is a word of the API`,
    'choose another name',
  )
}

/** Milliseconds in which a stream that cannot be had fails. */
const firstMoment = 250

/** What fails in the first moment is the answer to the call; what fails later ends the stream. */
async function begun<T>(events: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = events[Symbol.asyncIterator]()
  const first = iterator.next()
  await Promise.race([first, delay(firstMoment)])
  async function* all(): AsyncGenerator<T> {
    const {done, value} = await first
    if (done) return
    yield value
    yield* {[Symbol.asyncIterator]: () => iterator}
  }
  return all()
}

/** Without what an engine has of it. */
function withoutContainer<D extends Partial<Service>>(draft: D): D {
  const {container_id: _, address: __, listens_on: ___, built_image: ____, ...rest} = draft
  return rest as D
}
