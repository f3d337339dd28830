// What a form holds: its inputs, the document they stand for, and what is wrong.
import type {Operation} from '../../core/operation.ts'
import type {FieldError} from '../../core/problem.ts'
import type {Document} from './client.ts'
import {
  asField,
  bare,
  type Field,
  isRemovable,
  kindOf,
  labelOf,
  type Raw,
  same,
  toRaw,
  toValue,
  wrong,
} from './schema.ts'

export type Inputs = Record<string, Raw>
export type FormFields = [name: string, field: Field][]

/** What a body is made of; an enabled record is switched by its own button. */
export const formFields = ({body}: Operation, hidden: readonly string[] = []): FormFields =>
  Object.entries(asField(body).properties ?? {}).filter(
    ([name, field]) => !field.readOnly && !hidden.includes(name),
  )

/** Inputs as they are at first: what the record has, else what was given, else the defaults. */
export const startingInputs = (fields: FormFields, from: Document): Inputs =>
  Object.fromEntries(fields.map(([name, field]) => [name, toRaw(field, from[name])]))

export interface Draft {
  /** What to send. */
  body: Document
  errors: Map<string, string>
}

/**
 * For a new record: what differs from the defaults. For a `known` one, or what a part of one is when nothing is sent: what
 * differs from that, `null` or no items for what was emptied. `needed` are fields that nothing goes without here, beside
 * those of the contract.
 */
export function draftOf(
  operation: Operation,
  fields: FormFields,
  inputs: Inputs,
  known?: Document,
  needed: readonly string[] = [],
): Draft {
  const required = [...(asField(operation.body).required ?? []), ...needed]
  const errors = new Map<string, string>()
  const body: Document = {}
  for (const [name, field] of fields) {
    try {
      const value = toValue(field, inputs[name] ?? '')
      const now = known?.[name]
      const differs = known ? changed(field, value, now) : !same(value, preset(field))
      const sent = value ?? emptied(field, now)
      const isNeeded = required.includes(name) || (known !== undefined && differs && sent === undefined)
      const problem = wrong(field, value, isNeeded)
      if (problem !== undefined) errors.set(name, problem)
      if (differs && sent !== undefined) body[name] = sent
    } catch (error) {
      errors.set(name, (error as Error).message)
    }
  }
  return {body, errors}
}

/** What is sent for a value that was taken away; undefined where one is always needed. */
const emptied = (field: Field, now: unknown): unknown =>
  now !== undefined && isRemovable(field) ? null : Array.isArray(now) ? [] : undefined

/** What the server takes when nothing is sent. */
const preset = (field: Field): unknown =>
  bare(field).default ?? (kindOf(field) === 'switch' ? false : undefined)

const changed = (field: Field, value: unknown, now: unknown): boolean =>
  !same(value ?? null, now ?? null) && !same(value, toValue(field, toRaw(field, now)))

/** Errors of the server at the inputs they are about; the rest is said above the form. */
export function placeErrors(fields: FormFields, errors: readonly FieldError[] = []) {
  const known = new Set<string>()
  const visit = (prefix: string, [name, field]: [string, Field]): void => {
    known.add(prefix + name)
    for (const one of Object.entries(bare(field).properties ?? {})) visit(`${prefix}${name}.`, one)
  }
  for (const one of fields) visit('', one)
  const placed = new Map<string, string>()
  const rest: string[] = []
  for (const {field, reason, remedy} of errors) {
    const parts = field.split('.')
    while (parts.length > 0 && !known.has(parts.join('.'))) parts.pop()
    const text = remedy === undefined ? reason : `${reason}; ${remedy}`
    const inside = field.slice(parts.join('.').length + 1)
    if (parts.length === 0) rest.push(`${labelOf(field)}: ${text}`)
    else placed.set(parts.join('.'), /^\d+$/.test(inside) ? `Line ${Number(inside) + 1}: ${text}` : text)
  }
  return {placed, rest}
}
