// The parts of mcpx that answer on public hosts themselves, as ordinary rules with a host scope.
import type {Rule} from './table.ts'
import {RouteTable} from './table.ts'

/** Served by the control process. */
export interface BuiltIn extends Rule {
  builtin: 'acme' | 'api' | 'console'
}

const rule = (
  builtin: BuiltIn['builtin'],
  priority: number,
  path_pattern: string,
  is_exact = false,
): BuiltIn => ({
  builtin,
  route_id: `mcpx:${path_pattern}`,
  path_pattern,
  priority,
  methods: ['*'],
  is_exact,
  is_regex: false,
  enabled: true,
})

const tableOf = (rules: BuiltIn[]): RouteTable<BuiltIn> => {
  const table = new RouteTable<BuiltIn>()
  for (const one of rules) table.add(one)
  return table
}

/** On the console host: API 90; the console itself takes what no route does. */
export const consoleTable = tableOf([
  rule('api', 90, '/api/v1'),
  rule('api', 90, '/docs'),
  rule('api', 90, '/openapi.json', true),
  rule('api', 90, '/health'),
  rule('api', 90, '/metrics', true),
  rule('console', 90, '/', true),
  rule('console', 90, '/.mcpx'),
  rule('console', 0, '/'),
])
