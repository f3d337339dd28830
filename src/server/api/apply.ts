// Makes the records of a draft be as documents say, through the handlers that people's calls go through.
import type {Documents, Plan} from '../../core/contract/configuration.ts'
import {type FieldError, Problem} from '../../core/problem.ts'
import type {Draft} from '../../core/store/draft.ts'
import type {Caller} from './call.ts'
import type {Declared, Document, Facet, Place} from './declaration.ts'
import {declared, isPermanent, keyIn, recordsOf} from './declared.ts'

export interface Work extends Place {
  draft: Draft
  caller: Caller
  documents: Documents
  /** Delete what has no document, of the nouns that have a list. */
  prune: boolean
}

interface Item {
  noun: Declared
  key: string
  document: Document
  before: Document | undefined
}

type Changes = Pick<Plan, 'changes' | 'skipped' | 'unchanged'>

/** Throws documents-invalid with everything that is wrong. */
export async function applyDocuments(work: Work): Promise<Changes> {
  const items: Item[] = []
  const surplus: Item[] = []
  const errors: FieldError[] = []
  for (const [name, list] of Object.entries(work.documents)) {
    const noun = declared.find(one => one.noun === name)
    if (!noun) {
      errors.push({
        field: name,
        reason: 'is no noun',
        remedy: `known: ${declared.map(one => one.noun).join(', ')}`,
      })
      continue
    }
    if (noun.adminOnly && !work.caller.admin) {
      errors.push({field: name, reason: 'is for the admin token alone', remedy: 'leave it out'})
      continue
    }
    const records = await recordsOf(work, work.caller, noun)
    const byKey = new Map(records.map(record => [keyIn(noun, record), record]))
    for (const [index, document] of list.entries()) {
      const key = keyIn(noun, document)
      const place = `${name}.${index}.${noun.key}`
      if (typeof document[noun.key] !== 'string')
        errors.push({field: place, reason: 'is missing; it names the record'})
      else if (items.some(one => one.noun === noun && one.key === key))
        errors.push({field: place, reason: `\`${key}\` stands there twice`})
      else items.push({noun, key, document, before: byKey.get(key)})
    }
    const named = new Set(list.map(document => keyIn(noun, document)))
    for (const [key, before] of byKey)
      if (!named.has(key) && !isPermanent(noun.noun, key)) surplus.push({noun, key, document: {}, before})
  }
  const done: Changes = {changes: [], skipped: [], unchanged: 0}
  await applyAll(work, items, done, errors)
  if (work.prune) for (const item of surplus) await remove(work, item, done)
  if (errors.length > 0) throw invalid(errors)
  return done
}

/** In whatever order works: what names a record that is not there yet is tried again after the others. */
async function applyAll(work: Work, items: Item[], done: Changes, errors: FieldError[]): Promise<void> {
  let waiting = items
  for (;;) {
    const refused: [Item, Problem][] = []
    for (const item of waiting) {
      try {
        await applyOne(work, item, done)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        refused.push([item, error])
      }
    }
    const later = refused.filter(([, {code}]) => code === 'reference-unknown' || code === 'not-found')
    const isStuck = later.length === 0 || later.length === waiting.length
    for (const [item, problem] of isStuck ? refused : refused.filter(one => !later.includes(one)))
      errors.push(...errorsOf(item, problem))
    if (isStuck) return
    waiting = later.map(([item]) => item)
  }
}

async function applyOne(work: Work, item: Item, done: Changes): Promise<void> {
  const {noun, key} = item
  // Another may have made it, as an MCP server its resource.
  const before = item.before ?? (await noun.find(work, work.caller, key))
  const lacks = before ? undefined : noun.lacks?.(checked(item))
  if (lacks) return void done.skipped.push({noun: noun.noun, key, ...lacks})
  const fields = await work.draft.attempt(
    async () => differences(before, await written(work, {...item, before}), noun),
    found => before === undefined || found.length > 0,
  )
  if (before === undefined) done.changes.push({action: 'create', noun: noun.noun, key, fields})
  else if (fields.length > 0) done.changes.push({action: 'update', noun: noun.noun, key, fields})
  else done.unchanged++
}

/** What creates the record of a document, without its owner and parts. Throws invalid-request. */
function checked({noun, document}: Item): Document {
  const {owner: _, ...own} = structuredClone(document)
  const isFacet = (field: string): boolean => noun.facets.some(facet => facet.field === field)
  const body = Object.fromEntries(Object.entries(own).filter(([field]) => !isFacet(field)))
  noun.check(body)
  return body
}

/** The record afterwards. */
async function written(work: Work, item: Item): Promise<Document> {
  const {noun, key, document, before} = item
  const {owner, ...own} = document
  const body = checked(item)
  const caller = await asOwner(work, owner, before)
  const call = {caller, params: {[noun.param]: key}, query: {}, body, revision: undefined}
  const change = before && changeFor(noun, body, before)
  let record = before
  if (!before) record = (await noun.create(work, call as never)) as Document
  else if (change) record = (await updated(work, noun, {...call, body: change} as never)) as Document
  // The last first: to publish an MCP server switches the login on, which its own part may switch off again.
  for (const facet of noun.facets.toReversed()) {
    const part = own[facet.field]
    if (part !== undefined) record = await setFacet(work, noun, key, facet, part as Document, call)
  }
  return record ?? {}
}

/** Switches a part of a record on as `part` says, or off with `enabled: false`; a part that is not given stays. */
async function setFacet(
  work: Work,
  noun: Declared,
  key: string,
  {field, check, enable, disable}: Facet,
  {enabled = true, ...part}: Document,
  call: object,
): Promise<Document> {
  const now = ((await noun.find(work, work.caller, key))?.[field] ?? {}) as Document
  const isOn = now['enabled'] === true
  check(part)
  const differs = Object.entries(part).some(([name, value]) => !same(now[name], value))
  if (enabled && (!isOn || differs)) await enable(work, {...call, body: part} as never)
  if (!enabled && isOn) await disable(work, call as never)
  return (await noun.find(work, work.caller, key)) ?? {}
}

async function updated(work: Work, noun: Declared, call: never): Promise<unknown> {
  if (noun.update) return noun.update(work, call)
  throw new Problem('invalid-request', 'a record of this noun cannot be changed', {
    hint: 'delete it first, or give it another name',
  })
}

/** What to change so that the record is as `body` says; secret fields that are not given stay. */
function changeFor(noun: Declared, body: Document, before: Document): Document | undefined {
  const change: Document = {}
  for (const field of noun.fields) {
    const [from, to] = [before[field], body[field]]
    const stays = to === undefined && (from === undefined || noun.sealed.includes(field))
    if (field === noun.key || stays || same(from, to)) continue
    change[field] = to ?? null
  }
  const fixed = Object.keys(change).filter(field => noun.update && !noun.changeable.includes(field))
  if (fixed.length > 0)
    throw new Problem('invalid-request', `${fixed.join(', ')} cannot be changed once the record is there`)
  return Object.keys(change).length > 0 ? change : undefined
}

/** An admin creates in the name of the owner the document gives. */
async function asOwner({caller, parts}: Work, owner: unknown, before: Document | undefined): Promise<Caller> {
  if (owner === undefined || owner === caller.name || owner === before?.['owner']) return caller
  if (before)
    throw new Problem('invalid-request', `owner: it belongs to ${String(before['owner'])}, which stays so`)
  if (!caller.admin) throw new Problem('admin-only', 'owner: records of others are for the admin token')
  if (typeof owner === 'string' && (await parts.records.token.get(owner))) return {...caller, name: owner}
  throw new Problem('reference-unknown', `owner: there is no token \`${String(owner)}\``, {
    hint: `create it first: \`mcpx token create ${String(owner)}\``,
  })
}

async function remove(work: Work, {noun, key, before}: Item, done: Changes): Promise<void> {
  const {caller} = work
  const call = {caller, params: {[noun.param]: key}, query: {}, body: undefined, revision: undefined}
  // What is nothing without another, as a resource without its proxy, has gone with it by now.
  if (await noun.find(work, caller, key)) await noun.remove(work, call as never)
  done.changes.push({action: 'delete', noun: noun.noun, key, fields: differences(before, {}, noun)})
}

/** Secret values are not told, only that they change. */
function differences(
  before: Document | undefined,
  after: Document,
  noun: Declared,
): Plan['changes'][0]['fields'] {
  const fields = [...noun.fields, ...noun.facets.map(({field}) => field)]
  // Of a part of a record, what documents can say; what was seen behind it is nobody's change.
  const settings = (record: Document | undefined, field: string): unknown => {
    const facet = noun.facets.find(one => one.field === field)
    const part = record?.[field] as Document | undefined
    if (!facet || !part) return part
    return Object.fromEntries(['enabled', ...facet.fields].map(name => [name, part[name]]))
  }
  return fields.flatMap(field => {
    const [from, to] = [settings(before, field), settings(after, field)]
    if (same(from, to)) return []
    const shown = (value: unknown): unknown => (noun.sealed.includes(field) ? '(secret)' : value)
    return [{field, ...(from !== undefined && {from: shown(from)}), ...(to !== undefined && {to: shown(to)})}]
  })
}

const same = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other)

/** JSON with the members of objects in order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )

function errorsOf({noun, key}: Item, {code, errors, message, hint}: Problem): FieldError[] {
  const place = `${noun.noun} ${key}`
  const without = code === 'engine-unavailable' ? `, or leave \`${noun.noun}\` out of the documents` : ''
  if (!errors) return [{field: place, reason: message, remedy: hint + without}]
  return errors.map(({field, ...rest}) => ({...rest, field: `${place}: ${field}`}))
}

const invalid = (errors: FieldError[]): Problem =>
  new Problem('documents-invalid', errors.map(({field, reason}) => `${field}: ${reason}`).join('; '), {
    errors,
  })
