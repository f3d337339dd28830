// OpenAPI 3.1 from the operations: the description is the contract itself.
import type {TSchema} from 'typebox'
import {operations} from '../../core/contract/index.ts'
import {fullPath, type Operation} from '../../core/operation.ts'
import {type ProblemCode, problems} from '../../core/problem.ts'

type Json = {[key: string]: unknown}

const problemSchema = {
  type: 'object',
  description: 'Problem details (RFC 9457)',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: {type: 'string'},
    title: {type: 'string'},
    status: {type: 'integer'},
    detail: {type: 'string', description: 'what happened and why'},
    code: {type: 'string', enum: Object.keys(problems), description: 'permanent name of the problem'},
    hint: {type: 'string', description: 'what to do'},
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'reason'],
        properties: {field: {type: 'string'}, reason: {type: 'string'}, remedy: {type: 'string'}},
      },
    },
    request_id: {type: 'string'},
  },
}

/** Replace every schema that has an `$id` by a reference, and gather it in `components`. */
function named(schema: unknown, components: Json): unknown {
  if (Array.isArray(schema)) return schema.map(item => named(item, components))
  if (typeof schema !== 'object' || schema === null) return schema
  const {$id, ...rest} = schema as Json
  const body = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, named(value, components)]))
  if (typeof $id !== 'string') return body
  components[$id] = body
  return {$ref: `#/components/schemas/${$id}`}
}

function parameters(operation: Operation, components: Json): Json[] {
  const list = (schema: TSchema | undefined, place: 'path' | 'query'): Json[] => {
    const {properties = {}, required = []} = (schema ?? {}) as {
      properties?: Record<string, TSchema>
      required?: string[]
    }
    return Object.entries(properties).map(([name, property]) => {
      const {description, ...rest} = property as TSchema & {description?: string}
      return {
        name,
        in: place,
        required: place === 'path' || required.includes(name),
        description,
        schema: named(rest, components),
      }
    })
  }
  const found = [...list(operation.params, 'path'), ...list(operation.query, 'query')]
  if (!isRevised(operation)) return found
  return [
    ...found,
    {
      name: 'If-Match',
      in: 'header',
      schema: {type: 'string'},
      description: 'revision the change is meant for, e.g. `"42"`',
    },
  ]
}

const isRevised = ({method, path}: Operation): boolean => method !== 'GET' && path.includes('{')

function responses(operation: Operation, components: Json): Json {
  const codes: ProblemCode[] = [
    ...(operation.body ? (['invalid-request', 'malformed-json'] as const) : []),
    ...(operation.access === 'open'
      ? []
      : (['token-missing', 'token-invalid', 'store-unavailable'] as const)),
    ...(operation.access === 'admin' ? (['admin-only'] as const) : []),
    ...(operation.problems ?? []),
  ]
  const answers: Json = {}
  for (const code of codes) {
    const status = String(problems[code].status)
    const known = answers[status] as {description: string} | undefined
    answers[status] = {
      description: known ? `${known.description} · ${code}` : code,
      content: {'application/problem+json': {schema: {$ref: '#/components/schemas/Problem'}}},
    }
  }
  const type = operation.stream ? 'text/event-stream' : 'application/json'
  const success = operation.result
    ? {description: 'Done', content: {[type]: {schema: named(operation.result, components)}}}
    : {description: 'Done'}
  return {[String(successStatus(operation))]: success, ...answers}
}

export const successStatus = (operation: Operation): number =>
  operation.status ?? (operation.result ? 200 : 204)

/** The document of /openapi.json. `server` is the origin the API is reached at. */
export function openApi(version: string, server: string): Json {
  const components: Json = {Problem: problemSchema}
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    const entry: Json = {
      operationId: operation.id,
      tags: [operation.id.split('.')[0]],
      summary: operation.summary,
      parameters: parameters(operation, components),
      ...(operation.body && {
        requestBody: {
          required: true,
          content: {'application/json': {schema: named(operation.body, components)}},
        },
      }),
      ...(operation.archive && {
        requestBody: {
          required: true,
          content: {'application/x-tar': {schema: {type: 'string', format: 'binary'}}},
        },
      }),
      responses: responses(operation, components),
      ...(operation.access === 'open' && {security: []}),
    }
    const path = fullPath(operation)
    const methods = paths[path] ?? {}
    methods[operation.method.toLowerCase()] = entry
    if (operation.method === 'PATCH') {
      methods['put'] = {
        ...entry,
        operationId: `${operation.id}.put`,
        summary: `${operation.summary} (same as PATCH)`,
      }
    }
    paths[path] = methods
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'mcpx',
      version,
      description: 'The admin API of mcpx. Every call needs a bearer token; problems are RFC 9457 documents.',
    },
    servers: [{url: server}],
    security: [{token: []}],
    paths,
    components: {
      schemas: components,
      securitySchemes: {token: {type: 'http', scheme: 'bearer', description: 'an API token (`acm_…`)'}},
    },
  }
}
