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
    const errors = fieldErrors(validate.errors ?? [], place)
    const detail = errors.map(({field, reason}) => `${field}: ${reason}`).join('; ')
    throw new Problem('invalid-request', detail, {
      errors,
      ...(errors[0]?.remedy !== undefined && {hint: errors[0].remedy}),
    })
  }
}

function fieldErrors(errors: ErrorObject[], place: string): FieldError[] {
  const found = new Map<string, FieldError>()
  // Of a value that may be null, only what is wrong with its own type is worth telling.
  const telling = errors.filter(
    ({keyword, params}) => keyword !== 'anyOf' && !(keyword === 'type' && params['type'] === 'null'),
  )
  for (const error of telling.length > 0 ? telling : errors) {
    const one = fieldError(error, place)
    if (!found.has(one.field)) found.set(one.field, one)
  }
  return [...found.values()]
}

function fieldError(
  {instancePath, keyword, params, message = 'is not valid', parentSchema, data}: ErrorObject,
  place: string,
): FieldError {
  const base = instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
  const below = (name: string): string => (base ? `${base}.${name}` : name)
  const about = (parentSchema as {description?: string} | undefined)?.description
  switch (keyword) {
    case 'required':
      return {
        field: below(String(params['missingProperty'])),
        reason: 'is missing',
        remedy: `give ${params['missingProperty']}`,
      }
    case 'additionalProperties': {
      const field = below(String(params['additionalProperty']))
      const known = Object.keys((parentSchema as {properties?: object} | undefined)?.properties ?? {})
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
        reason: message,
        ...(about !== undefined && {remedy: `expected: ${about}`}),
      }
  }
}

function formRemedy(given: unknown, pattern: string, about: string): string {
  const guess = typeof given === 'string' ? likely(given, pattern) : undefined
  return guess === undefined ? `expected: ${about}` : `did you mean \`${guess}\`? expected: ${about}`
}
