// Validation of calls against the contract: ajv, with errors that name the field, the reason and the remedy.
import {Ajv2020, type ErrorObject, type ValidateFunction} from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type {Static, TSchema} from 'typebox'
import {type FieldError, Problem} from '../../core/problem.ts'
import {likely} from './likely.ts'

const options = {allErrors: true, useDefaults: true, strict: false, verbose: true} as const
const bodies = addFormats.default(new Ajv2020(options))
const texts = addFormats.default(new Ajv2020({...options, coerceTypes: true}))

/** Without `$id`: the same component stands in many operations. */
const anonymous = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(anonymous)
  if (typeof schema !== 'object' || schema === null) return schema
  const {$id: _, ...rest} = schema as {[key: string]: unknown}
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, anonymous(value)]))
}

/** Checks a JSON body as it is; fills in defaults. */
export const bodyValidator = (schema: TSchema): ((value: unknown) => void) =>
  checker(bodies.compile(anonymous(schema) as object), 'body')

/** A document with what `schema` sets by default. */
export function withDefaults<S extends TSchema>(schema: S, document: object): Static<S> {
  const filled = structuredClone(document)
  bodyValidator(schema)(filled)
  return filled as Static<S>
}

/** Checks query or path parameters, which arrive as text; unknown ones are refused. */
export const textValidator = (schema: TSchema): ((value: unknown) => void) =>
  checker(texts.compile({...(anonymous(schema) as object), additionalProperties: false}), 'query')

function checker(validate: ValidateFunction, place: string): (value: unknown) => void {
  return value => {
    if (validate(value)) return
    const errors = fieldErrors(validate.errors ?? [], place, validate.schema as Described)
    const detail = errors.map(({field, reason}) => `${field}: ${reason}`).join('; ')
    throw new Problem('invalid-request', detail, {
      errors,
      ...(errors[0]?.remedy !== undefined && {hint: errors[0].remedy}),
    })
  }
}

/** A schema, as far as it says what its fields are. */
interface Described {
  description?: string
  properties?: Record<string, Described>
  minimum?: number
  maximum?: number
}

function fieldErrors(errors: ErrorObject[], place: string, whole: Described): FieldError[] {
  const found = new Map<string, FieldError>()
  // Of a value that may be null, only what is wrong with its own type is worth telling.
  const telling = errors.filter(
    ({keyword, params}) => keyword !== 'anyOf' && !(keyword === 'type' && params['type'] === 'null'),
  )
  for (const error of telling.length > 0 ? telling : errors) {
    const one = fieldError(error, place, whole)
    if (!found.has(one.field)) found.set(one.field, one)
  }
  return [...found.values()]
}

function fieldError(
  {instancePath, keyword, params, message = 'is not valid', parentSchema, data}: ErrorObject,
  place: string,
  whole: Described,
): FieldError {
  const schema = parentSchema as Described | undefined
  const base = instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
  const below = (name: string): string => (base ? `${base}.${name}` : name)
  // An item of a list is what its list is said to be.
  const about = schema?.description ?? whole.properties?.[base.split('.')[0] ?? '']?.description
  switch (keyword) {
    case 'required':
      return {
        field: below(String(params['missingProperty'])),
        reason: 'is missing',
        remedy: `give ${params['missingProperty']}`,
      }
    case 'additionalProperties': {
      const field = below(String(params['additionalProperty']))
      const known = Object.keys(schema?.properties ?? {})
      return {
        field,
        reason: 'is not known here',
        remedy: known.length > 0 ? `known: ${known.join(', ')}` : 'leave it out',
      }
    }
    case 'enum':
      return {
        field: base || place,
        reason: `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`,
      }
    case 'type':
      return {
        field: base || place,
        reason: `must be ${params['type']}, not ${data === null ? 'null' : Array.isArray(data) ? 'array' : typeof data}`,
      }
    case 'pattern':
      return {
        field: base || place,
        reason: 'is not of the right form',
        ...(about !== undefined && {remedy: formRemedy(data, params['pattern'], about)}),
      }
    default:
      return {
        field: base || place,
        reason: reasonOf(keyword, params, schema) ?? message,
        ...(about !== undefined && {remedy: `expected: ${about}`}),
      }
  }
}

const formats: Record<string, string> = {
  ipv4: 'an IPv4 address such as 127.0.0.1',
  email: 'an e-mail address',
  uri: 'a URL',
  'date-time': 'a time such as 2026-01-31T12:00:00Z',
}

/** In words; undefined for what ajv says well enough. */
function reasonOf(
  keyword: string,
  params: Record<string, unknown>,
  {minimum, maximum}: Described = {},
): string | undefined {
  switch (keyword) {
    case 'minimum':
    case 'maximum':
      if (minimum !== undefined && maximum !== undefined) return `must be from ${minimum} to ${maximum}`
      return keyword === 'minimum' ? `must be at least ${minimum}` : `must be at most ${maximum}`
    case 'format':
      return `must be ${formats[String(params['format'])] ?? `a ${params['format']}`}`
    case 'minLength':
    case 'minItems':
      return params['limit'] === 1 ? 'must not be empty' : undefined
    case 'uniqueItems':
      return 'names the same twice'
    default:
      return undefined
  }
}

function formRemedy(given: unknown, pattern: string, about: string): string {
  const guess = typeof given === 'string' ? likely(given, pattern) : undefined
  return guess === undefined ? `expected: ${about}` : `did you mean \`${guess}\`? expected: ${about}`
}
