// How `mcpx proxy route …` shows which routes apply to a proxy.
import type {proxyOperations} from '../core/contract/proxy.ts'
import type {Output as Result} from '../core/operation.ts'
import type {Output} from './output.ts'

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
  else
    output.table(applicable_routes, [
      'route_id',
      'path_pattern',
      'target_type',
      'target_value',
      'priority',
      'methods',
    ])
}
