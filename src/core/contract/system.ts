// What is not a record: health, figures, recent exchanges, the demo.
import Type, {type Static} from 'typebox'
import {operation} from '../operation.ts'

export const health = Type.Object(
  {
    status: Type.Enum(['ok', 'degraded', 'starting'], {description: 'ok: everything works'}),
    version: Type.String({description: 'version of mcpx'}),
    replica: Type.String({description: 'id of this replica'}),
    uptime: Type.Integer({description: 'seconds since the start'}),
    checks: Type.Record(Type.String(), Type.Object({ok: Type.Boolean(), detail: Type.String()}), {
      description: 'each part that was looked at',
    }),
  },
  {$id: 'Health'},
)
export type Health = Static<typeof health>

/** One request and its answer, as logged at its end. */
export const exchangeRecord = Type.Object(
  {
    id: Type.String({description: 'request id, as in X-Request-Id'}),
    time: Type.String({format: 'date-time', description: 'when it began'}),
    host: Type.String(),
    method: Type.String(),
    path: Type.String({description: 'path without the query, which can hold secrets'}),
    status: Type.Integer({description: 'status sent to the client; 499 when the client left first'}),
    ms: Type.Number({description: 'milliseconds from the request line to the last byte of the answer'}),
    ttfb: Type.Optional(Type.Number({description: 'milliseconds to the first byte of the answer'})),
    proxy: Type.Optional(Type.String({description: 'hostname of the proxy'})),
    route: Type.Optional(
      Type.String({description: 'id of the route; absent when the proxy target served it'}),
    ),
    upstream: Type.Optional(Type.String({description: 'URL origin that was dialled'})),
    auth: Type.Optional(
      Type.Enum(['open', 'granted', 'anonymous', 'refused'], {
        description:
          'what was decided: open needs no login, granted is somebody or a key, anonymous passed without a login where that is allowed',
      }),
    ),
    client: Type.Optional(Type.String({description: 'OAuth client id'})),
    user: Type.Optional(Type.String({description: 'who was logged in'})),
    remote: Type.String({description: 'address of the client'}),
    bytes_in: Type.Integer({description: 'body bytes received'}),
    bytes_out: Type.Integer({description: 'body bytes sent'}),
    mcp_method: Type.Optional(Type.String({description: 'JSON-RPC method, from the body'})),
    mcp_name: Type.Optional(Type.String({description: 'tool, prompt or resource named in the body'})),
    problem: Type.Optional(Type.String({description: 'code of the problem, if mcpx answered one'})),
  },
  {$id: 'Exchange'},
)
export type ExchangeRecord = Static<typeof exchangeRecord>

const logFilters = {
  host: Type.Optional(Type.String({description: 'only this hostname'})),
  proxy: Type.Optional(Type.String({description: 'only this proxy'})),
  route: Type.Optional(Type.String({description: 'only this route id'})),
  method: Type.Optional(Type.String({description: 'only this HTTP method'})),
  status: Type.Optional(
    Type.String({
      pattern: '^[1-5](\\d\\d|xx)$',
      description: 'only this status: `404`, or `5xx` for a class',
    }),
  ),
  proxied: Type.Optional(
    Type.Boolean({description: 'only requests to proxies, not those to mcpx itself', default: false}),
  ),
  mcp: Type.Optional(Type.String({description: 'only this MCP method, e.g. `tools/call`'})),
}

export const stats = Type.Object(
  {
    replica: Type.String(),
    uptime: Type.Integer({description: 'seconds'}),
    workers: Type.Integer({description: 'gateway processes of this replica'}),
    revision: Type.Integer({description: 'newest change every worker of this replica serves'}),
    records: Type.Record(Type.String(), Type.Integer(), {description: 'how many records of each noun'}),
    requests: Type.Integer({description: 'requests ended since the start, this replica'}),
    in_flight: Type.Integer({description: 'requests under way'}),
    errors: Type.Integer({description: 'requests answered with 5xx'}),
    bytes_in: Type.Integer(),
    bytes_out: Type.Integer(),
    proxies: Type.Array(
      Type.Object({
        hostname: Type.String(),
        requests: Type.Integer(),
        errors: Type.Integer(),
        mean_ms: Type.Number({description: 'mean duration in milliseconds'}),
      }),
      {description: 'busiest first, at most 100'},
    ),
  },
  {$id: 'Stats'},
)
export type Stats = Static<typeof stats>

/** One step of the charts. */
export const statsPoint = Type.Object(
  {
    time: Type.Integer({description: 'when the step began (Unix seconds)'}),
    requests: Type.Integer({description: 'requests ended in it'}),
    errors: Type.Integer({description: 'of them answered with 5xx'}),
    p50_ms: Type.Union([Type.Number(), Type.Null()], {
      description: 'median duration, about; null without requests',
    }),
    p95_ms: Type.Union([Type.Number(), Type.Null()], {description: '95th percentile, about'}),
  },
  {$id: 'StatsPoint'},
)
export type StatsPoint = Static<typeof statsPoint>

export const demoStatus = Type.Object(
  {
    running: Type.Boolean(),
    docker: Type.Boolean({description: 'whether the servers are services, each named as its server'}),
    servers: Type.Array(
      Type.Object({
        name: Type.String({description: 'instance name'}),
        url: Type.String({description: 'MCP URL through the gateway'}),
        era: Type.String({description: '`stateless` or `stateful`'}),
      }),
    ),
  },
  {$id: 'Demo'},
)
export type DemoStatus = Static<typeof demoStatus>

export const systemOperations = {
  health: operation('health', 'GET /health', {
    summary: 'Tell whether mcpx works, part by part',
    access: 'open',
    root: true,
    result: health,
  }),
  stats: operation('stats', 'GET /stats', {
    summary: 'Show figures of this replica',
    access: 'token',
    result: stats,
  }),
  statsHistory: operation('stats.history', 'GET /stats/history', {
    summary: 'Show requests, errors and durations of the last half hour, this replica',
    access: 'token',
    query: Type.Object({proxy: Type.Optional(Type.String({description: 'only this proxy'}))}),
    result: Type.Object(
      {
        step: Type.Integer({description: 'seconds of one point'}),
        points: Type.Array(statsPoint, {description: 'oldest first'}),
      },
      {$id: 'StatsHistory'},
    ),
  }),
  logs: operation('logs', 'GET /logs', {
    summary: 'Show recent requests, oldest first',
    access: 'token',
    query: Type.Object({
      ...logFilters,
      limit: Type.Optional(
        Type.Integer({minimum: 1, maximum: 10000, default: 100, description: 'how many at most'}),
      ),
    }),
    result: Type.Object({items: Type.Array(exchangeRecord)}),
  }),
  logsFollow: operation('logs.follow', 'GET /logs/stream', {
    summary: 'Follow requests as they end (server-sent events)',
    access: 'token',
    query: Type.Object(logFilters),
    result: exchangeRecord,
    stream: true,
  }),
  demoStart: operation('demo.start', 'POST /demo', {
    summary: 'Run and publish the two echo MCP servers',
    access: 'token',
    body: Type.Object(
      {
        build_context: Type.Optional(
          Type.String({
            pattern: '^upload:[0-9a-f]{32}$',
            description:
              'run them as services, built from the Dockerfiles of this uploaded directory with `package.json` and `examples/`; for admins',
          }),
        ),
      },
      {additionalProperties: false, default: {}, $id: 'DemoStart'},
    ),
    result: demoStatus,
    problems: [
      'admin-only',
      'demo-failed',
      'already-exists',
      'image-forbidden',
      'upload-unknown',
      'engine-unavailable',
    ],
  }),
  demoShow: operation('demo.show', 'GET /demo', {
    summary: 'Show whether the demo runs and where',
    access: 'token',
    result: demoStatus,
  }),
  demoRemove: operation('demo.remove', 'DELETE /demo', {
    summary: 'Stop the demo servers and remove their records',
    access: 'token',
    problems: ['admin-only'],
  }),
}
