// Handlers of export and apply: the records as documents.
import type {configurationOperations, Documents, Plan} from '../../core/contract/configuration.ts'
import {canonicalUri, publicOrigin} from '../../core/routing/resources.ts'
import type {Collection} from '../../core/store/collection.ts'
import {Draft} from '../../core/store/draft.ts'
import {openRecords} from '../../core/store/records.ts'
import {applyDocuments, type Work} from './apply.ts'
import type {Caller, Handlers, Parts} from './call.ts'
import {type Declared, type Document, declared, recordsOf} from './declared.ts'
import type {AllHandlers} from './handlers.ts'

/** What a record is declared with: only what is not as by default. */
function documentOf(record: Document, noun: Declared, caller: Caller, secrets: boolean): Document {
  const document: Document = {}
  for (const field of noun.fields) {
    const isSecret = noun.sealed.includes(field) && !secrets
    const isDefault = JSON.stringify(record[field]) === JSON.stringify(noun.defaults[field])
    if (!isSecret && !isDefault) document[field] = record[field]
  }
  for (const {field, fields} of noun.facets) {
    const part = record[field] as Document | undefined
    if (part) document[field] = pick(part, ['enabled', ...fields])
  }
  if (record['owner'] !== caller.name) document['owner'] = record['owner']
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
      const handlers = handlersOf(parts)
      const documents: Documents = {}
      for (const noun of declared) {
        const records = await recordsOf(handlers, caller, noun)
        if (records.length > 0)
          documents[noun.noun] = records.map(record => documentOf(record, noun, caller, secrets))
      }
      return documents
    },

    async apply({caller, body: {documents: given, dry_run = false, prune = false}}): Promise<Plan> {
      const documents = atHome(given, parts.oauth.issuer)
      const draft = new Draft(parts.store)
      const records = openRecords(draft)
      const handlers = handlersOf({...parts, store: draft, records})
      const current: Work['current'] = ({group}, key) =>
        (records as unknown as Record<string, Collection<never>>)[group]?.get(key) ??
        Promise.resolve(undefined)
      const tokens = parts.records.token
      const plan = await applyDocuments({handlers, draft, caller, documents, prune, tokens, current})
      await draft.commit({dryRun: dry_run})
      return {...plan, applied: !dry_run}
    },
  }
}
