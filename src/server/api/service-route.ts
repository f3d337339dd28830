// The route with which a service answers under a hostname: made with its proxy, and nothing without it.
import type {Parts} from './call.ts'

export const serviceRouteId = (service: string, hostname: string): string =>
  `${service}.${hostname}`.slice(0, 63)

/** Ids of such routes of a proxy. */
export async function serviceRoutesAt(
  {records}: Pick<Parts, 'records'>,
  hostname: string,
): Promise<string[]> {
  const found: string[] = []
  for await (const [id, {target_type, target_value, hosts}] of records.route.all()) {
    const isOnlyHere = hosts?.length === 1 && hosts[0] === hostname
    if (target_type === 'service' && isOnlyHere && id === serviceRouteId(target_value, hostname))
      found.push(id)
  }
  return found
}
