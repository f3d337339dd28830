// A model describes a noun once; the schemas and types of its record, its creation and its update follow from it.
import Type, {type Static, type TNull, type TObject, type TOptional, type TSchema, type TUnion} from 'typebox'

export type Fields = Record<string, TSchema>
type Optional<F extends Fields> = {[K in keyof F]: TOptional<F[K]>}
type Nullable<F extends Fields> = {[K in keyof F]: TOptional<TUnion<[F[K], TNull]>>}

/** The fields of a noun, grouped by who sets them. */
export interface Groups<
  A extends Fields,
  K extends Fields,
  R extends Fields,
  D extends Fields,
  O extends Fields,
> {
  /** Set by mcpx; shown, never accepted. */
  assigned?: A
  /** Names the record: given at creation, fixed afterwards. */
  key: K
  /** Must be given at creation. */
  required?: R
  /** May be given; each schema carries its `default`. */
  defaulted?: D
  /** May be given; absent otherwise. `null` in an update removes it. */
  optional?: O
  /** Fields encrypted at rest (see store/seal.ts). */
  sealed?: readonly string[]
}

export interface Model<
  A extends Fields = Fields,
  K extends Fields = Fields,
  R extends Fields = Fields,
  D extends Fields = Fields,
  O extends Fields = Fields,
> {
  /** Component name in OpenAPI, e.g. `Route`. */
  name: string
  /** One sentence for help and docs. */
  text: string
  key: string
  sealed: readonly string[]
  record: TObject<A & Common & K & R & D & Optional<O>>
  create: TObject<K & R & Optional<D> & Optional<O>>
  update: TObject<Optional<R> & Optional<D> & Nullable<O>>
}

/** What every record carries. */
export const common = {
  owner: Type.String({readOnly: true, description: 'name of the token that created it'}),
  created_at: Type.String({
    readOnly: true,
    format: 'date-time',
    description: 'when it was created (RFC 3339)',
  }),
  updated_at: Type.String({
    readOnly: true,
    format: 'date-time',
    description: 'when it was last changed (RFC 3339)',
  }),
  revision: Type.Integer({
    readOnly: true,
    description: 'changes with every write; send it as If-Match to update safely',
  }),
}
export type Common = typeof common

const withoutDefault = (schema: TSchema): TSchema => {
  const {default: _, ...rest} = schema as TSchema & {default?: unknown}
  return rest
}

const mapFields = (fields: Fields, change: (schema: TSchema) => TSchema): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, change(schema)]))

/**
 * Describe a noun. `update` has no defaults (or `useDefaults` would turn a PATCH into a reset) and takes `null`
 * for an optional field, which removes it (RFC 7396).
 */
export function model<
  A extends Fields = Record<never, never>,
  K extends Fields = Record<never, never>,
  R extends Fields = Record<never, never>,
  D extends Fields = Record<never, never>,
  O extends Fields = Record<never, never>,
>(
  name: string,
  text: string,
  groups: Groups<A, K, R, D, O>,
  options: {/** The key may be left out at creation; the server makes one up. */ generatedKey?: boolean} = {},
): Model<A, K, R, D, O> {
  const {assigned = {}, key, required = {}, defaulted = {}, optional = {}, sealed = []} = groups
  const strict = {additionalProperties: false}
  const optionalFields = mapFields(optional, Type.Optional)
  const fields = {...key, ...required, ...defaulted, ...optionalFields, ...assigned, ...common}
  const record = Type.Object(
    Object.fromEntries(
      Object.entries(fields).map(([name, schema]) => [
        name,
        sealed.includes(name) ? {...schema, 'x-sealed': true} : schema,
      ]),
    ),
    {...strict, $id: name, description: text},
  )
  const create = Type.Object(
    {
      ...(options.generatedKey ? mapFields(key, Type.Optional) : key),
      ...required,
      ...mapFields(defaulted, Type.Optional),
      ...optionalFields,
    },
    {...strict, $id: `${name}Create`, description: `What creates a ${name.toLowerCase()}`},
  )
  const update = Type.Object(
    {
      ...mapFields(required, Type.Optional),
      ...mapFields(defaulted, schema => Type.Optional(withoutDefault(schema))),
      ...mapFields(optional, schema => Type.Optional(Type.Union([withoutDefault(schema), Type.Null()]))),
    },
    {
      ...strict,
      $id: `${name}Update`,
      description: `What changes a ${name.toLowerCase()}; absent fields stay`,
    },
  )
  return {name, text, key: Object.keys(key)[0] ?? '', sealed, record, create, update} as unknown as Model<
    A,
    K,
    R,
    D,
    O
  >
}

export type RecordOf<M extends {record: TSchema}> = Static<M['record']>
export type CreateOf<M extends {create: TSchema}> = Static<M['create']>
