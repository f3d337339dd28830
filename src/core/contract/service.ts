// service: a Docker container that mcpx creates and looks after.
import Type from 'typebox'
import {model, type RecordOf} from '../model.ts'
import {operation, page, paging} from '../operation.ts'
import {hostname} from './fields.ts'
import {portConfig} from './port.ts'
import {proxyTarget} from './proxy.ts'
import {route} from './route.ts'

export const serviceStatuses = [
  'creating',
  'running',
  'unhealthy',
  'restarting',
  'stopped',
  'failed',
] as const
/** Bytes of the archive of an uploaded build context. */
export const largestContext = 1024 ** 3
export const healthStates = ['none', 'starting', 'healthy', 'unhealthy'] as const

/** A number of bytes with `b`, `k`, `m` or `g`, as Docker takes it. */
const bytes = '^[1-9][0-9]{0,15}[bkmg]?$'

/** Bytes of `512m`, `1g`, `1000`. */
export function bytesOf(text: string): number {
  const unit = {b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3}[text.slice(-1)]
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit
}

/** Bytes below which engines make no container, and above which there is no machine. */
export const memoryRange = {least: 6 * 1024 ** 2, most: 2 ** 53}

const serviceName = (description: string) => Type.String({pattern: '^[a-z0-9][a-z0-9_-]{0,62}$', description})

/** How a health check is made unless it says otherwise: seconds, and a count. */
export const healthDefaults = {interval: 30, timeout: 10, retries: 3, start_period: 0}

const healthFigure = (
  field: keyof typeof healthDefaults,
  minimum: number,
  maximum: number,
  description: string,
) => Type.Optional(Type.Integer({minimum, maximum, default: healthDefaults[field], description}))

const healthcheck = Type.Object(
  {
    command: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'command whose exit code 0 means healthy, run by the shell of the image',
    }),
    interval: healthFigure('interval', 1, 3600, 'seconds between checks'),
    timeout: healthFigure('timeout', 1, 3600, 'seconds a check may take'),
    retries: healthFigure('retries', 1, 100, 'failures until unhealthy'),
    start_period: healthFigure(
      'start_period',
      0,
      3600,
      'seconds after the start in which failures do not count',
    ),
  },
  {additionalProperties: false, description: 'how the engine finds out whether the program is healthy'},
)

// [registry/]path[:tag][@digest], or an id, as the engine's reference grammar has it: the name becomes part of a path of
// its API, where `..` would lead elsewhere.
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const imagePattern = `^(?:(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::[0-9]{1,5})?/)?${component}(?:/${component})*(?::[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?(?:@sha(?:256|512):[0-9a-f]{64,128})?|sha256:[0-9a-f]{64})$`

export const service = model('Service', 'A Docker container that mcpx creates and looks after.', {
  key: {service_name: serviceName('name of the service: a-z, 0-9, `_` and `-`, at most 63')},
  defaulted: {
    memory_limit: Type.String({
      pattern: bytes,
      default: '512m',
      description: 'memory it may use, e.g. `512m`',
    }),
    cpu_limit: Type.Number({
      minimum: 0.01,
      maximum: 32,
      default: 1,
      description: 'CPUs it may use, e.g. 0.5',
    }),
    restart_policy: Type.Enum(['no', 'always', 'unless-stopped', 'on-failure'], {
      default: 'unless-stopped',
      description: 'when the engine starts it again by itself',
    }),
    read_only_root: Type.Boolean({
      default: true,
      description: 'root file system read-only, with a temporary /tmp and /run',
    }),
    bind_address: Type.String({
      format: 'ipv4',
      default: '127.0.0.1',
      description: 'address its ports are published on unless they say otherwise',
    }),
    port_configs: Type.Array(portConfig, {
      maxItems: 64,
      default: [],
      description: 'ports published on the host',
    }),
  },
  optional: {
    image: Type.String({
      maxLength: 512,
      pattern: imagePattern,
      description: 'image it runs, e.g. `redis:8`',
    }),
    dockerfile_path: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'Dockerfile it is built from, in place of an image, relative to build_context; for admins',
    }),
    build_context: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'directory on the machine of mcpx, or `upload:ID` of an uploaded one; for admins',
    }),
    build_args: Type.Record(
      Type.String({pattern: '^[A-Za-z_][A-Za-z0-9_]*$'}),
      Type.String({maxLength: 8192}),
      {
        additionalProperties: false,
        description: 'build arguments',
      },
    ),
    internal_port: Type.Integer({
      minimum: 1,
      maximum: 65_535,
      description: 'port the program listens on; taken from EXPOSE when not given',
    }),
    external_port: Type.Integer({
      minimum: 1,
      maximum: 65_535,
      description: 'host port for internal_port (the older way to write one entry of port_configs)',
    }),
    environment: Type.Record(
      Type.String({pattern: '^[A-Za-z_][A-Za-z0-9_.-]*$'}),
      Type.String({maxLength: 131_072}),
      {additionalProperties: false, description: 'environment variables; encrypted at rest'},
    ),
    volumes: Type.Array(Type.String({maxLength: 4096, pattern: '^[^:]+:/[^:]*(:(ro|rw))?$'}), {
      maxItems: 64,
      uniqueItems: true,
      description: 'volumes as `NAME:/PATH[:ro]`; a NAME that begins with / mounts from the host, for admins',
    }),
    networks: Type.Array(Type.String({pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$'}), {
      maxItems: 16,
      uniqueItems: true,
      description: 'networks it joins, made when missing; `host` is for admins',
    }),
    labels: Type.Record(
      Type.String({pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]*$'}),
      Type.String({maxLength: 4096}),
      {
        additionalProperties: false,
        description: 'labels of the container',
      },
    ),
    healthcheck,
    user: Type.String({
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$',
      description: 'user[:group] it runs as; root is for admins',
    }),
    capabilities: Type.Array(Type.String({pattern: '^[A-Z_]{1,40}$'}), {
      maxItems: 64,
      uniqueItems: true,
      description: 'capabilities given back, e.g. NET_BIND_SERVICE; for admins',
    }),
  },
  assigned: {
    engine: Type.String({readOnly: true, description: 'id of the engine it runs on'}),
    wanted: Type.Enum(['running', 'stopped'], {readOnly: true, description: 'what it should be'}),
    status: Type.Enum([...serviceStatuses], {readOnly: true, description: 'what it is'}),
    health: Type.Enum([...healthStates], {readOnly: true, description: 'what its health check says'}),
    reason: Type.Optional(Type.String({readOnly: true, description: 'why it is not running as it should'})),
    last_lines: Type.Optional(
      Type.Array(Type.String(), {readOnly: true, description: 'last lines of its log when it failed'}),
    ),
    container_id: Type.Optional(Type.String({readOnly: true, description: 'id of its container'})),
    built_image: Type.Optional(
      Type.String({readOnly: true, description: 'id of the image built from its Dockerfile'}),
    ),
    listens_on: Type.Optional(
      Type.Integer({
        readOnly: true,
        description: 'port the program listens on, as given or read from EXPOSE',
      }),
    ),
    address: Type.Optional(
      Type.String({
        readOnly: true,
        description: 'address of the container, reachable from its engine’s machine',
      }),
    ),
  },
  sealed: ['environment', 'build_args'],
})
export type Service = RecordOf<typeof service>

const params = Type.Object({service_name: Type.String({description: 'name of the service'})})

/** One step on the way of a service to where it should be. */
export const progressEvent = Type.Object(
  {
    time: Type.String({format: 'date-time', description: 'when it was seen'}),
    text: Type.String({description: 'what the pull, the build or mcpx says'}),
    status: Type.Enum([...serviceStatuses], {description: 'what the service is'}),
    reason: Type.Optional(Type.String({description: 'why it failed'})),
  },
  {$id: 'ServiceProgress'},
)
export type ProgressEvent = Type.Static<typeof progressEvent>

export const logLine = Type.Object(
  {
    stream: Type.Enum(['stdout', 'stderr'], {description: 'where it was written'}),
    time: Type.Optional(Type.String({description: 'when it was written (RFC 3339), if asked for'})),
    line: Type.String({description: 'the line'}),
  },
  {$id: 'ServiceLogLine'},
)
export type LogLine = Type.Static<typeof logLine>

export const serviceStats = Type.Object(
  {
    service_name: Type.String({description: 'name of the service'}),
    measured_at: Type.String({format: 'date-time', description: 'when it was measured'}),
    cpu_percent: Type.Optional(
      Type.Number({description: 'of one CPU, over the last seconds; absent until it was measured twice'}),
    ),
    memory_used: Type.Integer({description: 'bytes, without page cache'}),
    memory_limit: Type.Integer({description: 'bytes'}),
    memory_percent: Type.Number({description: 'of the limit'}),
    network_rx: Type.Integer({description: 'bytes received since its start'}),
    network_tx: Type.Integer({description: 'bytes sent since its start'}),
    block_read: Type.Integer({description: 'bytes read from disk since its start'}),
    block_write: Type.Integer({description: 'bytes written to disk since its start'}),
    pids: Type.Integer({description: 'processes and threads'}),
  },
  {$id: 'ServiceStats'},
)
export type ServiceStats = Type.Static<typeof serviceStats>

const logQuery = {
  lines: Type.Optional(
    Type.Integer({minimum: 0, maximum: 100_000, default: 100, description: 'how many lines back'}),
  ),
  since: Type.Optional(
    Type.String({format: 'date-time', description: 'only lines written after this (RFC 3339)'}),
  ),
  timestamps: Type.Optional(Type.Boolean({default: false, description: 'say when each line was written'})),
}

const action = (verb: string, summary: string) =>
  operation(`service.${verb}`, `POST /services/{service_name}/${verb}`, {
    summary,
    access: 'token',
    params,
    result: service.record,
    problems: ['not-found', 'engine-unavailable', 'engine-elsewhere'],
  })

const creationProblems = [
  'already-exists',
  'admin-only',
  'image-forbidden',
  'port-restricted',
  'port-taken',
  'port-unguardable',
  'engine-unavailable',
] as const

/** What sends a build context, which may be large, asks first whether the rest will do. */
const checking = Type.Object({
  dry_run: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        'check everything but the build context, and write nothing; the answer is what it would be',
    }),
  ),
})

export const serviceOperations = {
  create: operation('service.create', 'POST /services', {
    summary: 'Create a service; its container is made and started meanwhile',
    access: 'token',
    query: checking,
    body: service.create,
    status: 201,
    result: service.record,
    problems: creationProblems,
  }),
  upload: operation('service.upload', 'POST /services/contexts', {
    summary: 'Upload a build context, a tar archive; kept for an hour by this replica',
    access: 'admin',
    archive: true,
    status: 201,
    result: Type.Object({
      build_context: Type.String({description: 'what `build_context` of a service is then: `upload:ID`'}),
    }),
    problems: ['too-large', 'upload-invalid'],
  }),
  list: operation('service.list', 'GET /services', {
    summary: 'List services',
    access: 'token',
    query: Type.Object(paging),
    result: page(service.record),
  }),
  show: operation('service.show', 'GET /services/{service_name}', {
    summary: 'Show a service',
    access: 'token',
    params,
    result: service.record,
    problems: ['not-found'],
  }),
  update: operation('service.update', 'PATCH /services/{service_name}', {
    summary: 'Change a service; its container is replaced when it has to be',
    access: 'token',
    params,
    query: checking,
    body: service.update,
    result: service.record,
    problems: ['not-found', 'revision-mismatch', ...creationProblems],
  }),
  delete: operation('service.delete', 'DELETE /services/{service_name}', {
    summary: 'Delete a service with its container, ports and instance',
    access: 'token',
    params,
    query: Type.Object({
      delete_proxy: Type.Optional(
        Type.Boolean({
          default: false,
          description: 'delete its routes too, and the proxies made with `service proxy create`',
        }),
      ),
    }),
    problems: ['not-found', 'in-use', 'revision-mismatch'],
  }),
  start: action('start', 'Start a service'),
  stop: action('stop', 'Stop a service, keeping it'),
  restart: action('restart', 'Restart a service'),
  progress: operation('service.progress', 'GET /services/{service_name}/progress', {
    summary: 'Follow a service until it is where it should be, or failed',
    access: 'token',
    params,
    result: progressEvent,
    stream: true,
    problems: ['not-found'],
  }),
  logs: operation('service.logs', 'GET /services/{service_name}/logs', {
    summary: 'Show the log of a service',
    access: 'token',
    params,
    query: Type.Object(logQuery),
    result: Type.Object({items: Type.Array(logLine)}),
    problems: ['not-found', 'service-not-running', 'engine-unavailable', 'engine-elsewhere'],
  }),
  logsFollow: operation('service.logs.follow', 'GET /services/{service_name}/logs/follow', {
    summary: 'Follow the log of a service',
    access: 'token',
    params,
    query: Type.Object(logQuery),
    result: logLine,
    stream: true,
    problems: ['not-found', 'service-not-running', 'engine-unavailable', 'engine-elsewhere'],
  }),
  stats: operation('service.stats', 'GET /services/{service_name}/stats', {
    summary: 'Show what a service uses',
    access: 'token',
    params,
    result: serviceStats,
    problems: ['not-found', 'service-not-running', 'engine-unavailable', 'engine-elsewhere'],
  }),
  statsAll: operation('service.stats.all', 'GET /services/stats', {
    summary: 'Show what the running services of this replica use',
    access: 'token',
    result: Type.Object({
      items: Type.Array(serviceStats),
      unmeasured: Type.Array(Type.String(), {description: 'services that run and are not measured yet'}),
    }),
    problems: ['engine-unavailable'],
  }),
  proxyCreate: operation('service.proxy.create', 'POST /services/{service_name}/proxy', {
    summary: 'Create a proxy whose requests go to a service',
    access: 'token',
    params,
    body: Type.Object(
      {
        hostname: hostname('public hostname, lower case, without port'),
        enable_https: Type.Optional(Type.Boolean({default: true, description: 'answer over HTTPS too'})),
        protected: Type.Optional(
          Type.Boolean({default: false, description: 'ask for a login from the first moment'}),
        ),
      },
      {additionalProperties: false, $id: 'ServiceProxyCreate'},
    ),
    status: 201,
    result: Type.Object({proxy: proxyTarget.record, route: route.record}),
    problems: ['not-found', 'already-exists', 'name-reserved'],
  }),
  portAdd: operation('service.port.add', 'POST /services/{service_name}/ports', {
    summary: 'Publish a port of a service',
    access: 'token',
    params,
    body: portConfig,
    status: 201,
    result: service.record,
    problems: ['not-found', 'already-exists', ...creationProblems],
  }),
  portList: operation('service.port.list', 'GET /services/{service_name}/ports', {
    summary: 'List the ports of a service',
    access: 'token',
    params,
    result: Type.Object({items: Type.Array(portConfig), next: Type.Null()}),
    problems: ['not-found'],
  }),
  portUpdate: operation('service.port.update', 'PUT /services/{service_name}/ports/{port_name}', {
    summary: 'Change a port of a service',
    access: 'token',
    params: Type.Object({...params.properties, port_name: Type.String({description: 'name of the port'})}),
    body: Type.Partial(Type.Omit(portConfig, ['name']), {additionalProperties: false, $id: 'PortUpdate'}),
    result: service.record,
    problems: ['not-found', ...creationProblems],
  }),
  portRemove: operation('service.port.remove', 'DELETE /services/{service_name}/ports/{port_name}', {
    summary: 'Stop publishing a port of a service',
    access: 'token',
    params: Type.Object({...params.properties, port_name: Type.String({description: 'name of the port'})}),
    result: service.record,
    problems: ['not-found'],
  }),
  cleanup: operation('cleanup', 'POST /services/cleanup', {
    summary: 'Remove the containers, images and networks that services left which no longer exist',
    access: 'admin',
    query: Type.Object({
      delete_volumes: Type.Optional(
        Type.Boolean({
          default: false,
          description: 'delete the volumes that no service names any more, too; the data in them is lost',
        }),
      ),
    }),
    result: Type.Object({
      removed: Type.Array(Type.String(), {
        description: 'what was removed, as `container NAME`, `image ID`, `network NAME` or `volume NAME`',
      }),
      volumes: Type.Array(Type.String(), {
        description: 'volumes that no service names any more, left with their data',
      }),
    }),
    problems: ['engine-unavailable'],
  }),
}
