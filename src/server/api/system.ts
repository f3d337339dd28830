// Handlers of what is not a record: health, figures, recent exchanges, the demo.
import {setTimeout as delay} from 'node:timers/promises'
import {service} from '../../core/contract/service.ts'
import type {ExchangeRecord, Health, systemOperations} from '../../core/contract/system.ts'
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import {type Caller, type Handlers, type Parts, visibleOwner} from './call.ts'
import {historyStep} from './history.ts'
import {serviceHandlers} from './service.ts'
import {withDefaults} from './validate.ts'

type Filters = Partial<Record<'host' | 'proxy' | 'route' | 'method' | 'status' | 'mcp', string>> & {
  proxied?: boolean
}

function fits(
  exchange: ExchangeRecord,
  {proxied, host, proxy, route, method, status, mcp}: Filters,
): boolean {
  if (proxied && exchange.proxy === undefined) return false
  if (host !== undefined && exchange.host !== host) return false
  if (proxy !== undefined && exchange.proxy !== proxy) return false
  if (route !== undefined && exchange.route !== route) return false
  if (method !== undefined && exchange.method !== method.toUpperCase()) return false
  if (mcp !== undefined && exchange.mcp_method !== mcp) return false
  if (status === undefined) return true
  return status.endsWith('xx') ? String(exchange.status)[0] === status[0] : String(exchange.status) === status
}

/** Milliseconds between looks at workers that are behind, and how often before it is said; they report once a second. */
const lookEvery = 100
const looks = 20

/** How mcpx is, part by part. Never throws. */
export async function examine({
  store,
  telemetry,
  version,
  replica,
  workers,
  certificates,
}: Parts): Promise<Health> {
  const redis = await store.redis.get(`${store.prefix}seq`).then(
    seq => ({ok: true, detail: 'answers', seq: Number(seq ?? 0)}),
    (error: Error) => ({ok: false, detail: error.message, seq: 0}),
  )
  const running = telemetry.workers
  const lagging = (): number => telemetry.workers.filter(({revision}) => revision < redis.seq).length
  // What was written just now, their next report tells.
  for (let look = 0; look < looks && lagging() > 0; look++) await delay(lookEvery)
  const behind = lagging()
  const failing = certificates.health().filter(({failure}) => failure !== undefined)
  const checks = {
    certificates: {
      ok: failing.length === 0,
      // Names and reasons are for those who may list certificates; health is open to all.
      detail: failing.length === 0 ? 'none fails' : `${failing.length} fail; see \`mcpx cert list\``,
    },
    redis: {ok: redis.ok, detail: redis.detail},
    workers: {
      ok: running.length >= Math.max(workers, 1),
      detail: `${running.length} of ${Math.max(workers, 1)} report`,
    },
    snapshot: {
      ok: behind === 0,
      detail: behind === 0 ? 'every worker is current' : `${behind} workers are behind`,
    },
  }
  const ok = Object.values(checks).every(check => check.ok)
  const status = ok ? 'ok' : running.length === 0 ? 'starting' : 'degraded'
  return {status, version, replica, uptime: Math.floor(process.uptime()), checks}
}

export function systemHandlers(parts: Parts): Handlers<typeof systemOperations> {
  const {records, telemetry, exchanges, demo} = parts

  /** Which proxies the caller may see figures and exchanges of. */
  const visibleProxies = async (caller: Caller): Promise<(proxy: string | undefined) => boolean> => {
    if (caller.admin) return () => true
    const mine = new Set<string>()
    let after: string | undefined
    do {
      const {keys, next} = await records.proxy.keys({owner: caller.name, after, limit: 1000})
      for (const key of keys) mine.add(key)
      after = next ?? undefined
    } while (after !== undefined)
    return proxy => proxy !== undefined && mine.has(proxy)
  }

  const services = serviceHandlers(parts)

  /** Its records belong to nobody in particular. */
  const demoOwner = (caller: Caller): Caller => ({...caller, name: adminName, admin: true})

  const allowDemo = (caller: Caller): void => {
    if (!caller.admin && !caller.loopback)
      throw new Problem('admin-only', 'The demo is for the admin token, or for callers on the same machine')
  }

  return {
    async health() {
      return examine(parts)
    },

    async stats({caller}) {
      const visible = await visibleProxies(caller)
      const owner = visibleOwner(caller)
      const [proxy, route, instance, service, certificate] = await Promise.all([
        records.proxy.count(owner),
        records.route.count(owner),
        records.instance.count(owner),
        records.service.count(owner),
        records.certificate.count(owner),
      ])
      const counts = {
        proxy,
        route,
        instance,
        service,
        certificate,
        ...(caller.admin && {token: await records.token.count()}),
      }
      return {
        replica: parts.replica,
        uptime: Math.floor(process.uptime()),
        workers: telemetry.workers.length,
        revision: telemetry.revision,
        records: counts,
        ...telemetry.summary(visible),
      }
    },

    async statsHistory({caller, query: {proxy}}) {
      const visible = await visibleProxies(caller)
      const wanted = (one: string): boolean =>
        visible(one) && (proxy === undefined ? one !== 'console' : one === proxy)
      return {step: historyStep, points: telemetry.history.points(wanted, Date.now())}
    },

    async logs({caller, query}) {
      const visible = await visibleProxies(caller)
      return {
        items: await exchanges.recent(query.limit ?? 100, one => visible(one.proxy) && fits(one, query)),
      }
    },

    // Nobody is told that it follows before it does.
    async logsFollow({caller, query, signal}) {
      const visible = await visibleProxies(caller)
      return exchanges.follow(signal, one => visible(one.proxy) && fits(one, query))
    },

    async demoStart({caller, body: {build_context}, signal}) {
      allowDemo(caller)
      if (build_context === undefined) return demo.start()
      if (!caller.admin) throw new Problem('admin-only', 'Builds are for admins')
      return demo.start(name => {
        const fields = {service_name: name, dockerfile_path: `examples/Dockerfile.${name}`, build_context}
        const body = withDefaults(service.create, fields)
        return services.create({
          caller: demoOwner(caller),
          params: {},
          query: {},
          body,
          revision: undefined,
          signal,
        })
      })
    },

    async demoShow() {
      return demo.status()
    },

    async demoRemove({caller, signal}) {
      allowDemo(caller)
      await demo.remove(name =>
        services.delete({
          caller: demoOwner(caller),
          params: {service_name: name},
          query: {},
          body: undefined,
          revision: undefined,
          signal,
        }),
      )
    },
  }
}
