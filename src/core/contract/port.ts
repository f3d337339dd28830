// port: one container port of one service, published on the host at a bind address.
import Type from 'typebox'
import {operation} from '../operation.ts'

/** Host ports by use; a port below the last range may be asked for by number unless it is restricted. */
export const portRanges = {
  internal_http: {first: 9000, last: 9999},
  internal_https: {first: 10_000, last: 10_999},
  exposed: {first: 11_000, last: 65_535},
} as const

/** Ports of other programs that a service never gets on the host. */
export const restrictedPorts: readonly number[] = [22, 25, 53, 80, 443, 3306, 5432, 6379, 27_017]

export const protocols = ['tcp', 'udp'] as const
export type Protocol = (typeof protocols)[number]

const number = (description: string) => Type.Integer({minimum: 1, maximum: 65_535, description})
const protocol = Type.Enum([...protocols], {default: 'tcp', description: 'tcp or udp'})

export const portConfig = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
      description: 'name of the port within the service, e.g. `http`',
    }),
    host: Type.Optional(number('port on the host; a free one from 11000 when not given')),
    container: Type.Optional(number('port in the container; the internal port when not given')),
    bind: Type.Optional(
      Type.String({
        format: 'ipv4',
        description: 'address on the host; the bind_address of the service when not given',
      }),
    ),
    protocol: Type.Optional(protocol),
    source_token: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'mcpx itself listens, and lets HTTP requests through that carry a port token',
      }),
    ),
    allowed_sources: Type.Optional(
      Type.Array(Type.String({maxLength: 64, pattern: '^[0-9a-fA-F.:]+(/[0-9]{1,3})?$'}), {
        maxItems: 256,
        uniqueItems: true,
        description:
          'mcpx itself listens, and lets TCP connections through from these addresses or CIDR ranges',
      }),
    ),
  },
  {additionalProperties: false, $id: 'PortConfig', description: 'One port of a service on the host'},
)
export type PortConfig = Type.Static<typeof portConfig>

/** Whether mcpx listens on the port itself instead of the engine. */
export const isGuarded = ({source_token, allowed_sources}: PortConfig): boolean =>
  source_token === true || allowed_sources !== undefined

/** A port as it is listed across services. */
export const port = Type.Object(
  {
    service: Type.String({description: 'name of the service'}),
    ...portConfig.properties,
    engine: Type.String({description: 'id of the engine whose machine it is on'}),
    owner: Type.String({description: 'name of the token that created the service'}),
  },
  {$id: 'Port', description: 'One container port of one service, published on the host.'},
)
export type Port = Type.Static<typeof port>

const range = Type.Object(
  {
    first: Type.Integer({description: 'first port'}),
    last: Type.Integer({description: 'last port'}),
    free: Type.Integer({description: 'how many no service has and nobody else uses on 127.0.0.1 by TCP'}),
  },
  {$id: 'PortRange'},
)

export const portOperations = {
  list: operation('port.list', 'GET /ports', {
    summary: 'List the ports of services',
    access: 'token',
    result: Type.Object({items: Type.Array(port), next: Type.Null()}),
  }),
  available: operation('port.available', 'GET /ports/available', {
    summary: 'Show the port ranges and which port of each is next',
    access: 'token',
    result: Type.Object({
      items: Type.Array(
        Type.Object({
          range: Type.Enum(Object.keys(portRanges) as (keyof typeof portRanges)[], {description: 'its use'}),
          ...range.properties,
          next: Type.Union([Type.Integer(), Type.Null()], {
            description: 'the first of them',
          }),
        }),
      ),
      restricted: Type.Array(Type.Integer(), {description: 'ports that are never given'}),
      next: Type.Null(),
    }),
    problems: ['engine-unavailable'],
  }),
  check: operation('port.check', 'POST /ports/check', {
    summary: 'Say whether a port on the host is free',
    access: 'token',
    body: Type.Object(
      {
        port: number('port on the host'),
        bind: Type.Optional(
          Type.String({format: 'ipv4', default: '127.0.0.1', description: 'address on the host'}),
        ),
        protocol: Type.Optional(protocol),
      },
      {additionalProperties: false, $id: 'PortCheck'},
    ),
    result: Type.Object({
      port: Type.Integer({description: 'port on the host'}),
      bind: Type.String({description: 'address on the host'}),
      protocol: Type.Enum([...protocols], {description: 'tcp or udp'}),
      available: Type.Boolean({description: 'whether a service can have it'}),
      reason: Type.Optional(Type.String({description: 'why it cannot'})),
    }),
    problems: ['engine-unavailable'],
  }),
}
