// What it takes for a noun to be declared by documents.
import type {Call, Caller, Parts} from './call.ts'
import type {AllHandlers} from './handlers.ts'

export type Document = Record<string, unknown>

/** Where documents are read from and applied: the store of the parts may be a draft. */
export interface Place {
  parts: Parts
  handlers: AllHandlers
  /** What follows once the draft is written, of records that are kept elsewhere. */
  after: (() => Promise<unknown>)[]
}
export type Run = (place: Place, call: Call<never>) => Promise<unknown>

/** A part of a record with operations of its own, e.g. `auth` of a proxy. */
export interface Facet {
  field: string
  /** Fields it is set with, beside `enabled`. */
  fields: readonly string[]
  /** Checks them. Throws invalid-request. */
  check: (part: Document) => void
  enable: Run
  disable: Run
}

export interface Declared {
  /** As in commands, e.g. `proxy`. */
  noun: string
  /** Field that names a record. */
  key: string
  /** Path parameter for it. */
  param: string
  /** Fields of a document. */
  fields: readonly string[]
  defaults: Document
  /** Fields a change takes. */
  changeable: readonly string[]
  sealed: readonly string[]
  facets: readonly Facet[]
  /** Whether only an admin sees and declares it. */
  adminOnly?: boolean
  /** Whether its secrets are told to admins alone. */
  adminSecrets?: boolean
  /** The key of what a document declares, if that is more than its field. */
  keyOf?: (document: Document) => string
  /** Checks what creates a record and fills in defaults. Throws invalid-request. */
  check: (document: Document) => void
  /** What a document needs to make a record, and has not. */
  lacks?: (document: Document) => {reason: string; remedy: string} | undefined
  /** Every record that the caller sees. */
  all: (place: Place, caller: Caller) => Promise<Document[]>
  /** One that the caller may see. */
  find: (place: Place, caller: Caller, key: string) => Promise<Document | undefined>
  create: Run
  update: Run | undefined
  remove: Run
}
