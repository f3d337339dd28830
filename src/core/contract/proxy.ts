// proxy: a public hostname mcpx answers for, the URL its requests go to, and the rules on the way.
import Type from 'typebox'
import {model, type RecordOf} from '../model.ts'
import {operation, page, paging} from '../operation.ts'
import {certificate, certificateOrder, coverage} from './certificate.ts'
import {hostname, upstreamUrl} from './fields.ts'
import {proxyAuth, proxyMcp} from './protection.ts'
import {probeReport} from './resource.ts'
import {route} from './route.ts'

export const routeModes = ['all', 'selective', 'none'] as const

/** A header field name (RFC 9110 §5.1). */
export const headerName = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$"

/** Fields that frame a message or end at the next hop (RFC 9110 §7.6.1): never for a setting to say. Lower case. */
export const framingFields: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export const proxyTarget = model(
  'Proxy',
  'A public hostname mcpx answers for, the URL its requests go to, and the rules on the way.',
  {
    key: {hostname: hostname('public hostname, lower case, without port; international names as `xn--…`')},
    defaulted: {
      enabled: Type.Boolean({default: true, description: 'whether it answers at all'}),
      enable_http: Type.Boolean({default: true, description: 'answer over HTTP'}),
      enable_https: Type.Boolean({
        default: true,
        description: 'answer over HTTPS once there is a certificate',
      }),
      redirect_to_https: Type.Boolean({
        default: true,
        description: 'send HTTP requests to HTTPS once there is a certificate',
      }),
      preserve_host_header: Type.Boolean({
        default: true,
        description: "send the client's Host upstream; false sends the host of the target URL",
      }),
      route_mode: Type.Enum([...routeModes], {
        default: 'all',
        description: 'which routes apply: all but disabled_routes, only enabled_routes (selective), or none',
      }),
      enabled_routes: Type.Array(Type.String({maxLength: 63}), {
        uniqueItems: true,
        maxItems: 1000,
        default: [],
        description: 'ids of the routes that apply when route_mode is selective',
      }),
      disabled_routes: Type.Array(Type.String({maxLength: 63}), {
        uniqueItems: true,
        maxItems: 1000,
        default: [],
        description: 'ids of the routes that do not apply when route_mode is all',
      }),
    },
    optional: {
      target_url: upstreamUrl(
        'URL requests go to when no route takes them, e.g. `http://127.0.0.1:3000`; without it only routes answer',
      ),
      certificate: Type.String({
        maxLength: 253,
        description: 'name of the certificate it is served with; default any that fits',
      }),
      hsts_max_age: Type.Integer({
        minimum: 0,
        maximum: 63_072_000,
        description: 'seconds browsers keep to HTTPS (Strict-Transport-Security); 0 makes them forget',
      }),
      allowed_origins: Type.Array(Type.String({maxLength: 255, pattern: '^(\\*|https?://[^\\s/?#@]+)$'}), {
        maxItems: 100,
        uniqueItems: true,
        description:
          'web origins that may call it besides its own; `*` is any; MCP requests are held to this',
      }),
      custom_headers: Type.Record(
        Type.String({pattern: headerName}),
        Type.String({maxLength: 8192, pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$'}),
        {description: 'header fields added to every request upstream, replacing those of the client'},
      ),
      description: Type.String({maxLength: 1000, description: 'a note for people'}),
    },
    assigned: {
      auth: Type.Optional(proxyAuth),
      mcp: Type.Optional(proxyMcp),
    },
    sealed: ['custom_headers'],
  },
)
export type ProxyTarget = RecordOf<typeof proxyTarget>

const params = Type.Object({hostname: Type.String({description: 'hostname of the proxy'})})
const routeParams = Type.Object({
  hostname: Type.String({description: 'hostname of the proxy'}),
  route_id: Type.String({description: 'id of the route'}),
})

/** What a person wants to know beside the record itself: does the target answer? */
export const upstreamHealth = Type.Object(
  {
    url: Type.String({description: 'the upstream URL'}),
    healthy: Type.Boolean({description: 'whether a TCP connection to it opens now'}),
    detail: Type.String({description: 'what was found'}),
  },
  {$id: 'UpstreamHealth'},
)

const proxyRoutes = Type.Object(
  {
    route_mode: Type.Enum([...routeModes], {description: 'which routes apply'}),
    enabled_routes: Type.Array(Type.String(), {description: 'applied when selective'}),
    disabled_routes: Type.Array(Type.String(), {description: 'left out when all'}),
    applicable_routes: Type.Array(route.record, {
      description: 'the routes that apply now, first tried first',
    }),
  },
  {$id: 'ProxyRoutes'},
)

export const proxyOperations = {
  create: operation('proxy.create', 'POST /proxy/targets', {
    summary: 'Create a proxy for a hostname',
    access: 'token',
    body: Type.Object(
      {
        ...proxyTarget.create.properties,
        cert_email: Type.Optional(
          Type.String({
            format: 'email',
            description: 'e-mail address for its certificate; default that of the token, else ADMIN_EMAIL',
          }),
        ),
        acme_directory_url: Type.Optional(
          Type.String({
            maxLength: 2048,
            pattern: '^https://[^\\s/?#@]+(?:/[^\\s?#]*)?$',
            description: 'ACME directory for its certificate; default ACME_DIRECTORY_URL',
          }),
        ),
        staging: Type.Optional(
          Type.Boolean({default: false, description: 'ask the staging CA for its certificate'}),
        ),
      },
      {additionalProperties: false, $id: 'ProxyCreate', description: 'What creates a proxy'},
    ),
    status: 201,
    result: Type.Object(
      {...proxyTarget.record.properties, coverage: Type.Optional(coverage)},
      {$id: 'ProxyCreated'},
    ),
    problems: ['already-exists', 'name-reserved', 'reference-unknown', 'target-forbidden', 'target-loops'],
  }),
  list: operation('proxy.list', 'GET /proxy/targets', {
    summary: 'List proxies',
    access: 'token',
    query: Type.Object(paging),
    result: page(proxyTarget.record),
  }),
  show: operation('proxy.show', 'GET /proxy/targets/{hostname}', {
    summary: 'Show a proxy, whether its upstream answers, and its certificate',
    access: 'token',
    params,
    result: Type.Object(
      {
        ...proxyTarget.record.properties,
        upstream: Type.Optional(upstreamHealth),
        coverage: Type.Optional(coverage),
      },
      {$id: 'ProxyDetail'},
    ),
    problems: ['not-found'],
  }),
  test: operation('proxy.test', 'POST /proxy/targets/{hostname}/test', {
    summary: 'Try a proxy: real requests through the gateway, and an MCP session where it speaks MCP',
    access: 'token',
    params,
    result: probeReport,
    problems: ['not-found'],
  }),
  update: operation('proxy.update', 'PATCH /proxy/targets/{hostname}', {
    summary: 'Change a proxy',
    access: 'token',
    params,
    body: proxyTarget.update,
    result: proxyTarget.record,
    problems: ['not-found', 'revision-mismatch', 'target-forbidden', 'target-loops'],
  }),
  enable: operation('proxy.enable', 'POST /proxy/targets/{hostname}/enable', {
    summary: 'Switch a proxy on',
    access: 'token',
    params,
    result: proxyTarget.record,
    problems: ['not-found'],
  }),
  disable: operation('proxy.disable', 'POST /proxy/targets/{hostname}/disable', {
    summary: 'Switch a proxy off, keeping it',
    access: 'token',
    params,
    result: proxyTarget.record,
    problems: ['not-found'],
  }),
  delete: operation('proxy.delete', 'DELETE /proxy/targets/{hostname}', {
    summary: 'Delete a proxy',
    access: 'token',
    params,
    query: Type.Object({
      delete_certificate: Type.Optional(
        Type.Boolean({
          default: false,
          description: 'delete its certificate too, unless another proxy uses it',
        }),
      ),
    }),
    problems: ['not-found', 'in-use', 'revision-mismatch'],
  }),
  certAttach: operation('proxy.cert.attach', 'PUT /proxy/targets/{hostname}/certificate', {
    summary: 'Serve a proxy with this certificate',
    access: 'token',
    params,
    body: Type.Object(
      {cert_name: Type.String({maxLength: 253, description: 'name of the certificate'})},
      {additionalProperties: false, $id: 'ProxyCertificate'},
    ),
    result: proxyTarget.record,
    problems: ['not-found', 'reference-unknown', 'domain-unsuitable'],
  }),
  certGenerate: operation('proxy.cert.generate', 'POST /proxy/targets/{hostname}/certificate', {
    summary: 'Ask for a certificate for a proxy and serve it with that',
    access: 'token',
    params,
    body: Type.Object(certificateOrder, {additionalProperties: false, $id: 'ProxyCertificateOrder'}),
    status: 202,
    result: certificate.record,
    problems: ['not-found', 'already-exists', 'email-missing', 'acme-misconfigured', 'domain-unsuitable'],
  }),
  routeList: operation('proxy.route.list', 'GET /proxy/targets/{hostname}/routes', {
    summary: 'Show which routes apply to a proxy',
    access: 'token',
    params,
    result: proxyRoutes,
    problems: ['not-found'],
  }),
  routeMode: operation('proxy.route.mode', 'PUT /proxy/targets/{hostname}/routes', {
    summary: 'Set which routes apply to a proxy',
    access: 'token',
    params,
    body: Type.Object(
      {
        route_mode: Type.Optional(Type.Enum([...routeModes], {description: 'all, selective or none'})),
        enabled_routes: Type.Optional(
          Type.Array(Type.String(), {
            uniqueItems: true,
            maxItems: 1000,
            description: 'ids applied when selective',
          }),
        ),
        disabled_routes: Type.Optional(
          Type.Array(Type.String(), {
            uniqueItems: true,
            maxItems: 1000,
            description: 'ids left out when all',
          }),
        ),
      },
      {additionalProperties: false, $id: 'ProxyRoutesUpdate'},
    ),
    result: proxyRoutes,
    problems: ['not-found', 'reference-unknown'],
  }),
  routeEnable: operation('proxy.route.enable', 'POST /proxy/targets/{hostname}/routes/{route_id}/enable', {
    summary: 'Let a route apply to a proxy',
    access: 'token',
    params: routeParams,
    result: proxyRoutes,
    problems: ['not-found', 'reference-unknown'],
  }),
  routeDisable: operation('proxy.route.disable', 'POST /proxy/targets/{hostname}/routes/{route_id}/disable', {
    summary: 'Keep a route from applying to a proxy',
    access: 'token',
    params: routeParams,
    result: proxyRoutes,
    problems: ['not-found', 'reference-unknown'],
  }),
}
