// Handlers of export and apply: the records as documents.
import type {configurationOperations, Documents, Plan} from '../../core/contract/configuration.ts'
import {Problem} from '../../core/problem.ts'
import {canonicalUri, publicOrigin} from '../../core/routing/resources.ts'
import {Draft} from '../../core/store/draft.ts'
import {openRecords} from '../../core/store/records.ts'
import {applyDocuments} from './apply.ts'
import type {Caller, Handlers, Parts} from './call.ts'
import type {Declared, Document, Place} from './declaration.ts'
import {declared, recordsOf} from './declared.ts'
import type {AllHandlers} from './handlers.ts'

/** What a record is declared with: only what is not as by default. */
function documentOf(record: Document, noun: Declared, caller: Caller, secrets: boolean): Document {
  const document: Document = {}
  const isTold = secrets && (caller.admin || !noun.adminSecrets)
  for (const field of noun.fields) {
    const isSecret = noun.sealed.includes(field) && !isTold
    const isDefault = JSON.stringify(record[field]) === JSON.stringify(noun.defaults[field])
    if (!isSecret && !isDefault && record[field] !== undefined) document[field] = record[field]
  }
  for (const {field, fields} of noun.facets) {
    const part = record[field] as Document | undefined
    if (part) document[field] = pick(part, ['enabled', ...fields])
  }
  const {owner = caller.name} = record
  if (owner !== caller.name) document['owner'] = owner
  return document
}

const pick = (part: Document, fields: readonly string[]): Document =>
  Object.fromEntries(fields.flatMap(name => (part[name] === undefined ? [] : [[name, part[name]]])))

/** Documents of a server with another port or scheme: resources are on the origin that their proxy has here. */
function atHome(documents: Documents, issuer: string): Documents {
  const {resource} = documents
  if (!resource) return documents
  const moved = resource.map(document => {
    const {uri, proxy_target: hostname} = document as {uri?: unknown; proxy_target?: unknown}
    const url = typeof uri === 'string' ? URL.parse(uri) : null
    if (!url || typeof hostname !== 'string' || url.hostname !== hostname) return document
    return {...document, uri: canonicalUri(`${publicOrigin(issuer, hostname)}${url.pathname}${url.search}`)}
  })
  return {...documents, resource: moved}
}

export function configurationHandlers(
  parts: Parts,
  handlersOf: (parts: Parts) => AllHandlers,
): Handlers<typeof configurationOperations> {
  return {
    async export({caller, query: {secrets = false}}): Promise<Documents> {
      const place: Place = {parts, handlers: handlersOf(parts), after: []}
      const documents: Documents = {}
      for (const noun of declared) {
        const records = await recordsOf(place, caller, noun)
        if (records.length > 0)
          documents[noun.noun] = records.map(record => documentOf(record, noun, caller, secrets))
      }
      return documents
    },

    async apply({
      caller,
      body: {documents: given, dry_run = false, prune = false, deletions},
    }): Promise<Plan> {
      const documents = atHome(given, parts.oauth.issuer)
      const draft = new Draft(parts.store)
      const ofDraft = {...parts, store: draft, records: openRecords(draft)}
      const after: Place['after'] = []
      const place: Place = {parts: ofDraft, handlers: handlersOf(ofDraft), after}
      const plan = await applyDocuments({...place, draft, caller, documents, prune})
      const deleted = plan.changes.filter(({action}) => action === 'delete').length
      if (deletions !== undefined && deleted > deletions)
        throw new Problem(
          'revision-mismatch',
          `${deleted} records would be deleted by now, not ${deletions}; nothing was changed`,
        )
      await draft.commit({dryRun: dry_run})
      if (!dry_run) for (const work of after) await work()
      return {...plan, applied: !dry_run}
    },
  }
}
