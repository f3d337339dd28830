// What would serve a request, and why nothing else would.
import Type, {type Static} from 'typebox'
import {operation} from '../operation.ts'
import {methods} from './route.ts'

const candidate = Type.Object({
  route_id: Type.String(),
  path_pattern: Type.String(),
  priority: Type.Integer(),
  scope: Type.String({
    description: 'why it is looked at: it names the host, belongs to the owner, or serves all',
  }),
  chosen: Type.Boolean(),
  verdict: Type.String({description: 'why it serves the request, or why not'}),
})

export const explanation = Type.Object(
  {
    url: Type.String({description: 'what is asked for'}),
    method: Type.String(),
    path: Type.String({description: 'the path in the spelling it is matched by'}),
    listener: Type.String({description: 'where the request arrives'}),
    certificate: Type.String({description: 'what the TLS connection is answered with'}),
    proxy: Type.Optional(Type.String({description: 'hostname of the proxy'})),
    route: Type.Optional(Type.String({description: 'id of the route'})),
    builtin: Type.Optional(Type.String({description: 'part of mcpx that answers'})),
    auth: Type.String({description: 'who may pass'}),
    upstreams: Type.Array(Type.String(), {description: 'URLs the request goes to, any of them'}),
    redirect: Type.Optional(Type.String({description: 'where the client is sent instead'})),
    problem: Type.Optional(
      Type.Object(
        {status: Type.Integer(), code: Type.String(), detail: Type.String(), hint: Type.String()},
        {description: 'what mcpx answers when nothing serves it'},
      ),
    ),
    candidates: Type.Array(candidate, {description: 'routes that were looked at, nearest first, at most 50'}),
  },
  {$id: 'Explanation'},
)
export type Explanation = Static<typeof explanation>
export type Candidate = Static<typeof candidate>

export const explainOperations = {
  explain: operation('explain', 'GET /explain', {
    summary: 'Tell what would serve a request, and why nothing else would',
    access: 'token',
    query: Type.Object({
      url: Type.String({
        maxLength: 8192,
        pattern: '^([Hh][Tt][Tt][Pp]|[Ww][Ss])[Ss]?://[^\\s/?#]+',
        description: 'URL as a client would ask for it, e.g. `https://app.example.com/mcp`',
      }),
      method: Type.Optional(Type.Enum([...methods], {default: 'GET', description: 'HTTP method'})),
    }),
    result: explanation,
    problems: ['not-found', 'invalid-request'],
  }),
}
