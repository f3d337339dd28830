// Records as handlers make them, for tests that begin below the API.
import type {Instance} from '../../src/core/contract/instance.ts'
import type {ProxyTarget} from '../../src/core/contract/proxy.ts'
import type {Route} from '../../src/core/contract/route.ts'

const made = {
  owner: 'ADMIN',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
  revision: 0,
}

export const instanceRecord = (name: string, fields: Partial<Instance> = {}): Instance => ({
  ...made,
  name,
  target_url: 'http://127.0.0.1:9',
  ...fields,
})

export const routeRecord = (route_id: string, fields: Partial<Route> = {}): Route => ({
  ...made,
  route_id,
  path_pattern: '/',
  target_type: 'instance',
  target_value: 'a',
  priority: 50,
  methods: ['*'],
  is_exact: false,
  is_regex: false,
  strip_path: false,
  enabled: true,
  ...fields,
})

export const proxyRecord = (hostname: string, fields: Partial<ProxyTarget> = {}): ProxyTarget => ({
  ...made,
  hostname,
  enabled: true,
  enable_http: true,
  enable_https: true,
  redirect_to_https: true,
  preserve_host_header: true,
  route_mode: 'all',
  enabled_routes: [],
  disabled_routes: [],
  ...fields,
})
