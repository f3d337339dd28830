// Forms from schemas: what kind of input a field is, how its text becomes a value and back, and what is wrong with it.
import type {TSchema} from 'typebox'
import {domainName, hostname, name, upstreamUrl} from '../../core/contract/fields.ts'
import {operations} from '../../core/contract/index.ts'
import {service} from '../../core/contract/service.ts'
import {pairsOfText, textOfPairs} from './pairs.ts'

/** What a form needs of a JSON Schema. */
export interface Field {
  type?: string
  description?: string
  default?: unknown
  enum?: readonly unknown[]
  anyOf?: readonly Field[]
  items?: Field
  properties?: Record<string, Field>
  required?: readonly string[]
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  readOnly?: boolean
}

export type Kind = 'switch' | 'choice' | 'choices' | 'number' | 'lines' | 'pairs' | 'group' | 'json' | 'text'
/** What stands in an input: text, a tick, ticked values, or the inputs of a group. */
export type Raw = string | boolean | string[] | {[name: string]: Raw}

const isNull = ({type}: Field): boolean => type === 'null'

export const asField = (schema: TSchema | undefined): Field => schema ?? {}

/** The field without `null`. */
export function bare(field: Field): Field {
  const rest = field.anyOf?.filter(one => !isNull(one))
  if (rest?.length !== 1 || !rest[0]) return field
  return {...rest[0], ...(field.description !== undefined && {description: field.description})}
}

export const isRemovable = (field: Field): boolean => field.anyOf?.some(isNull) ?? false

export function kindOf(given: Field): Kind {
  const field = bare(given)
  if (field.enum) return 'choice'
  if (field.type === 'boolean') return 'switch'
  if (field.type === 'integer' || field.type === 'number') return 'number'
  if (field.type === 'array') {
    if (field.items?.enum) return 'choices'
    return bare(field.items ?? {}).type === 'object' ? 'json' : 'lines'
  }
  if (field.type === 'object') return field.properties ? 'group' : 'pairs'
  return field.anyOf && !field.anyOf.every(one => one.type === 'string') ? 'json' : 'text'
}

/** What stands in the input for a value; an absent one shows its default. */
export function toRaw(given: Field, value: unknown): Raw {
  const field = bare(given)
  const shown = value ?? field.default
  switch (kindOf(given)) {
    case 'switch':
      return shown === true
    case 'choices':
      return ((shown ?? []) as unknown[]).map(String)
    case 'lines':
      return ((shown ?? []) as unknown[]).map(String).join('\n')
    case 'pairs':
      return textOfPairs(shown ?? {})
    case 'group':
      return Object.fromEntries(
        Object.entries(field.properties ?? {}).map(([name, one]) => [
          name,
          toRaw(one, (shown as Record<string, unknown> | undefined)?.[name]),
        ]),
      )
    case 'json':
      return shown === undefined || shown === null ? '' : JSON.stringify(shown, null, 2)
    default:
      return shown === undefined || shown === null ? '' : String(shown)
  }
}

const linesOf = (raw: Raw): string[] =>
  String(raw)
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)

/** The value an input stands for; undefined for an empty one. Throws an Error that says what is wrong. */
export function toValue(given: Field, raw: Raw): unknown {
  const field = bare(given)
  switch (kindOf(given)) {
    case 'switch':
      return raw === true
    case 'choices':
      return (raw as string[]).length === 0 && field.default === undefined ? undefined : raw
    case 'number':
      return raw === '' ? undefined : Number(raw)
    case 'lines': {
      const lines = linesOf(raw)
      return lines.length === 0 && field.default === undefined ? undefined : lines
    }
    case 'pairs':
      return pairsOfText(String(raw))
    case 'group': {
      const parts = raw as Record<string, Raw>
      const entries = Object.entries(field.properties ?? {}).flatMap(([name, one]) => {
        const value = toValue(one, parts[name] ?? '')
        return value === undefined || same(value, one.default) ? [] : [[name, value] as const]
      })
      return entries.length === 0 ? undefined : Object.fromEntries(entries)
    }
    case 'json':
      return raw === '' ? undefined : JSON.parse(String(raw))
    default:
      return raw === '' ? undefined : raw
  }
}

export const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** What is wrong with a value, in words; undefined when nothing is. The server looks again. */
export function wrong(given: Field, value: unknown, required: boolean): string | undefined {
  const field = bare(given)
  if (value === undefined || value === null) return required ? 'This is needed' : undefined
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'Not a number'
    if (field.type === 'integer' && !Number.isInteger(value)) return 'Not a whole number'
    if (field.minimum !== undefined && value < field.minimum) return `At least ${field.minimum}`
    if (field.maximum !== undefined && value > field.maximum) return `At most ${field.maximum}`
  }
  if (typeof value === 'string') return wrongText(field, value)
  if (Array.isArray(value)) {
    if (field.minItems !== undefined && value.length < field.minItems) return 'At least one is needed'
    const bad = value.find(item => typeof item === 'string' && wrongItem(field.items ?? {}, item))
    return bad === undefined ? undefined : `\`${bad}\` is not of the right form`
  }
  return undefined
}

const ofService = asField(service.create).properties ?? {}

/** What is meant by the patterns of names, and of others that many fields share. */
const forms = new Map<string | undefined, string>([
  [asField(hostname('')).pattern, 'Not a hostname such as `app.example.com`'],
  [asField(domainName('')).pattern, 'Not a domain such as `app.example.com`'],
  [asField(upstreamUrl('')).pattern, 'Not a URL such as `http://10.0.0.5:8080`'],
  [asField(name('')).pattern, 'Not a name: letters, digits, `.`, `_` and `-`, at most 63'],
  [ofService['service_name']?.pattern, 'Not a name: a-z, 0-9, `_` and `-`, at most 63'],
  [ofService['image']?.pattern, 'Not an image such as `redis:8`'],
  [ofService['memory_limit']?.pattern, 'Not a size such as `512m` or `2g`'],
])

function wrongText(field: Field, text: string): string | undefined {
  if (field.maxLength !== undefined && text.length > field.maxLength)
    return `At most ${field.maxLength} characters`
  if (field.minLength !== undefined && text.length < field.minLength) return 'Too short'
  if (field.pattern !== undefined && !new RegExp(field.pattern, 'u').test(text))
    return forms.get(field.pattern) ?? 'Not of the right form'
  if (field.format === 'email' && !/^[^\s@]+@[^\s@]+$/.test(text)) return 'Not an e-mail address'
  return undefined
}

const wrongItem = (item: Field, text: string): boolean =>
  (item.anyOf ?? [item]).every(one => {
    const {const: literal} = one as {const?: unknown}
    return literal === undefined ? wrongText(one, text) !== undefined : literal !== text
  })

const words: Record<string, string> = {
  url: 'URL',
  urls: 'URLs',
  uri: 'URI',
  uris: 'URIs',
  jwks: 'JWKS',
  http: 'HTTP',
  https: 'HTTPS',
  id: 'ID',
  mcp: 'MCP',
  cpu: 'CPU',
  pem: 'PEM',
  acme: 'ACME',
  ip: 'IP',
  jti: 'Token ID',
  ca: 'CA',
  cert: 'certificate',
  auth: 'authentication',
  dns: 'DNS',
  hsts: 'HSTS',
  email: 'e-mail',
  emails: 'e-mails',
}

/** `target_url` → `Target URL`. */
export function labelOf(name: string): string {
  const text = name
    .split('_')
    .map(word => words[word] ?? word)
    .join(' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const fieldNames = new Set(
  operations.flatMap(({body, result}) =>
    [body, result].flatMap(one => Object.keys(asField(one).properties ?? {})),
  ),
)

/** Text of the contract with fields called as forms call them: `is_exact` is “Is exact”. */
export const inLabels = (text: string): string =>
  text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, name => (fieldNames.has(name) ? `“${labelOf(name)}”` : name))
