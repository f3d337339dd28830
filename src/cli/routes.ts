// How routes are listed, on their own and for a proxy.
import type {proxyOperations} from '../core/contract/proxy.ts'
import type {Output as Result} from '../core/operation.ts'
import {type Column, cell, type Document, type Output} from './output.ts'

/** What a person wants to know of a route among others. */
export const routeColumns: readonly Column[] = [
  'route_id',
  ['path', route => `${cell(route['path_pattern'])}${kindOf(route)}`],
  ['target', route => `${cell(route['target_type'])} ${cell(route['target_value'])}`],
  'priority',
  'methods',
  'hosts',
]

function kindOf(route: Document): string {
  if (route['is_regex']) return ' (regex)'
  return route['is_exact'] ? ' (exact)' : ''
}

export function showRoutes(
  {applicable_routes, ...modes}: Result<(typeof proxyOperations)['routeList']>,
  output: Output,
): void {
  output.details({
    route_mode: modes.route_mode,
    ...(modes.route_mode === 'selective' && {enabled_routes: modes.enabled_routes}),
    ...(modes.route_mode === 'all' && {disabled_routes: modes.disabled_routes}),
  })
  output.line()
  if (applicable_routes.length === 0) output.note('No route applies.')
  else output.table(applicable_routes, routeColumns)
}
