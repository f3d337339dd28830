// Flags and arguments from schemas: what a contract file says is what the command line takes.

import type {Interfaces} from '@oclif/core'
import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import type {TObject, TSchema} from 'typebox'
import {common} from '../core/model.ts'
import {Problem} from '../core/problem.ts'
import {flagName} from './field-name.ts'

type Flag = Interfaces.Flag<unknown>
type Arg = Interfaces.Arg<unknown>

/** What the command line needs of a JSON Schema. */
interface Field {
  type?: string
  description?: string
  default?: unknown
  enum?: readonly unknown[]
  const?: unknown
  anyOf?: readonly Field[]
  items?: Field
  minimum?: number
  maximum?: number
}

/** What TypeBox does not tell of the type of a schema, which is JSON Schema. */
interface ObjectSchema {
  properties?: Record<string, Field>
  required?: string[]
}

const objectSchema = (schema: TSchema | undefined): ObjectSchema => schema ?? {}

const propertiesOf = (schema: TSchema | undefined): Record<string, Field> =>
  objectSchema(schema).properties ?? {}

export const fieldsOf = (schema: TSchema | undefined): string[] => Object.keys(propertiesOf(schema))

export const requiredOf = (schema: TSchema | undefined): readonly string[] =>
  objectSchema(schema).required ?? []

const isNull = (field: Field): boolean => field.type === 'null'

/** Fields of an update that `null` removes. */
export const removable = (schema: TSchema | undefined): string[] =>
  Object.entries(propertiesOf(schema)).flatMap(([name, field]) => (field.anyOf?.some(isNull) ? [name] : []))

/** Fields of a record that say something: neither the same in every record, nor as they are by default. */
export function telling(schema: TSchema | undefined, record: Record<string, unknown>): string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, field]) => {
    const isDefault = JSON.stringify(field.default) === JSON.stringify(record[name])
    return name in common || isDefault ? [] : [name]
  })
}

/** The field without `null`. */
const bare = (field: Field): Field => {
  const rest = field.anyOf?.filter(one => !isNull(one))
  return rest?.length === 1 && rest[0]
    ? {...rest[0], ...(field.description && {description: field.description})}
    : field
}

const optionsOf = (field: Field): string[] | undefined => field.enum?.map(String)

/** A flag for each field of `schema` but those in `except`. Defaults are told, never sent: the server has them. */
export function flagsFor(schema: TObject | undefined, except: readonly string[] = []): Record<string, Flag> {
  const required = requiredOf(schema)
  return Object.fromEntries(
    Object.entries(propertiesOf(schema))
      .filter(([name]) => !except.includes(name))
      .map(([name, field]) => [flagName(name), flagFor(name, bare(field), required.includes(name))]),
  )
}

function flagFor(name: string, field: Field, required: boolean): Flag {
  const isPlain = field.default === undefined || field.default === false
  const told = isPlain ? '' : ` [default: ${defaultText(field.default)}]`
  const base = {description: `${field.description ?? name.replaceAll('_', ' ')}${told}`, required}
  const options = optionsOf(field.type === 'array' ? bare(field.items ?? {}) : field)
  const choice = options && {options: options as [string, ...string[]]}
  if (field.type === 'boolean') return Flags.boolean({...base, allowNo: field.default !== false}) as Flag
  if (field.type === 'integer')
    return Flags.integer({
      ...base,
      helpValue: '<number>',
      ...(field.minimum !== undefined && {min: field.minimum}),
      ...(field.maximum !== undefined && {max: field.maximum}),
    }) as Flag
  if (field.type === 'array')
    return Flags.string({
      ...base,
      ...choice,
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: '<a,b>',
    }) as Flag
  if (field.type === 'object')
    return Flags.string({
      ...base,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<KEY=VALUE>',
    }) as Flag
  return Flags.string({...base, ...choice, ...(!choice && {helpValue: '<text>'})}) as Flag
}

const defaultText = (value: unknown): string => {
  if (value === true) return 'yes'
  if (Array.isArray(value)) return value.join(',') || 'none'
  return String(value)
}

/** An argument for each of `names`, in this order; one that is optional in its schema may be left out. */
export function argsFor(
  names: readonly string[],
  schemas: readonly (TSchema | undefined)[],
): Record<string, Arg> {
  return Object.fromEntries(
    names.map(name => {
      const schema = schemas.find(one => name in propertiesOf(one))
      if (!schema) throw new TypeError(`no schema of the operation has the field ${name}`)
      const field = bare(propertiesOf(schema)[name] ?? {})
      const options = optionsOf(field)
      const required = requiredOf(schema).includes(name)
      // A missing argument is a mistake; oclif would read it from standard input.
      const shape = {
        description: field.description ?? name,
        required,
        ignoreStdin: true,
        ...(options && {options}),
      }
      return [name, Args.string(shape) as Arg]
    }),
  )
}

/** The part of a document that `given` (fields and flags by name) has for `schema`; `undefined` when it has none. */
export function documentFrom(
  schema: TSchema | undefined,
  given: Record<string, unknown>,
): Record<string, unknown> | undefined {
  if (!schema) return undefined
  const document: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(propertiesOf(schema))) {
    const value = given[name] ?? given[flagName(name)]
    if (value !== undefined) document[name] = typed(name, bare(field), value)
  }
  return document
}

/** Arguments and the parts of lists arrive as text. */
function typed(name: string, field: Field, value: unknown): unknown {
  if (field.type === 'object') return pairs(name, value)
  if (field.type === 'array') {
    // An empty text is an empty list.
    const parts = (Array.isArray(value) ? value : String(value).split(',')).filter(part => part !== '')
    return parts.map(part => typed(name, field.items ?? {}, part))
  }
  const isNumber = field.type === 'integer' || field.type === 'number'
  if (!isNumber || typeof value !== 'string') return value
  if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  throw new Problem('usage', `${flagName(name)} ${value} is not a number.`, {
    hint: `give a number for ${flagName(name)}`,
  })
}

function pairs(name: string, value: unknown): Record<string, string> {
  const texts = value as string[]
  return Object.fromEntries(
    texts.map(text => {
      const at = text.indexOf('=')
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
      throw new Problem('usage', `--${flagName(name)} ${text} is not KEY=VALUE.`, {
        hint: `give it as \`--${flagName(name)} KEY=VALUE\`, once for each`,
      })
    }),
  )
}

/** The schema of one record of a list. */
export const itemSchema = (schema: TSchema | undefined): TSchema | undefined =>
  propertiesOf(schema)['items']?.items
