// How `mcpx explain` reads: the way of the request first, then the routes that were looked at.
import type {Explanation} from '../core/contract/explain.ts'
import {cell, type Output} from './output.ts'
import {printable} from './printable.ts'
import {style} from './style.ts'

export function showExplanation(explanation: Explanation, output: Output): void {
  const {candidates, problem, redirect, upstreams, proxy, route, builtin} = explanation
  output.details({
    request: `${explanation.method} ${explanation.url}`,
    path: explanation.path,
    listener: explanation.listener,
    certificate: explanation.certificate,
    ...(proxy !== undefined && {proxy}),
    ...(builtin !== undefined && {served_by: `mcpx itself (${builtin})`}),
    ...(builtin === undefined && !problem && {route: route ?? 'none; the target of the proxy serves it'}),
    auth: explanation.auth,
    ...(upstreams.length > 0 && {upstream: upstreams}),
    ...(redirect !== undefined && {redirect}),
  })
  if (problem) {
    output.line()
    output.line(`${style.red(String(problem.status))} ${problem.code}: ${printable(problem.detail)}`)
    output.next(problem.hint)
  }
  if (candidates.length === 0) return
  output.line()
  output.table(candidates, [
    ['route_id', one => `${one['chosen'] ? '→ ' : '  '}${cell(one['route_id'])}`],
    ['path', one => one['path_pattern']],
    'priority',
    'scope',
    'verdict',
  ])
}
