// An operation is what can be done to a noun, as data: API route, OpenAPI entry, typed client and command follow.
import Type, {
  type Static,
  type TArray,
  type TNull,
  type TObject,
  type TSchema,
  type TString,
  type TUnion,
} from 'typebox'
import type {ProblemCode} from './problem.ts'

/** Who may call: anybody · any valid token · the admin token. */
export type Access = 'open' | 'token' | 'admin'

export interface Shape {
  summary: string
  access: Access
  params?: TObject
  query?: TObject
  body?: TSchema
  /** Absent: answers 204 without a body. */
  result?: TSchema
  /** Status of success; default 200, or 204 without `result`. */
  status?: number
  problems?: readonly ProblemCode[]
  /** At the root of the host instead of under `/api/v1`. */
  root?: true
  /** The body may be large: many records at once. */
  large?: true
  /** `result` is one event of a server-sent event stream (`text/event-stream`). */
  stream?: true
  /** The body is a tar archive (`application/x-tar`), read as it comes. */
  archive?: true
}

export type Operation<S extends Shape = Shape> = S & {
  /** `noun.verb`, e.g. `route.create`; also the command. */
  id: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path under `/api/v1` (or the root, see `root`), parameters as `{name}`. */
  path: string
}

/** The path of an operation on a server, parameters as `{name}`. */
export const fullPath = ({root, path}: Operation): string => (root ? path : `/api/v1${path}`)

export function operation<const S extends Shape>(
  id: string,
  route: `${Operation['method']} /${string}`,
  shape: S,
): Operation<S> {
  const [method, path] = route.split(' ') as [Operation['method'], string]
  return {...shape, id, method, path}
}

type StaticOr<T, Else> = T extends TSchema ? Static<T> : Else
type None = Record<never, never>

/** What a caller sends. */
export interface Input<S extends Shape> {
  params: StaticOr<S['params'], None>
  query: StaticOr<S['query'], None>
  body: StaticOr<S['body'], undefined>
}
/** What comes back. */
export type Output<S extends Shape> = StaticOr<S['result'], void>

/** Query of every list: records come in key order, `limit` at a time. */
export const paging = {
  limit: Type.Optional(
    Type.Integer({minimum: 1, maximum: 1000, default: 100, description: 'records a page'}),
  ),
  after: Type.Optional(Type.String({maxLength: 2048, description: 'the `next` of the page before'})),
}

/** One page of records; `next` is null on the last. */
export function page<T extends TSchema>(
  item: T,
): TObject<{items: TArray<T>; next: TUnion<[TString, TNull]>}> {
  return Type.Object({
    items: Type.Array(item),
    next: Type.Union([Type.String(), Type.Null()], {
      description: 'pass as `after` for the next page; null at the end',
    }),
  })
}
