// Declared nouns whose secret mcpx made, or a CA: without it a document changes what is there, and makes nothing.
import Type, {type TSchema} from 'typebox'
import {certificateOperations} from '../../core/contract/certificate.ts'
import {proxyKey} from '../../core/contract/key.ts'
import {needsSecret, oauthOperations} from '../../core/contract/oauth.ts'
import {portToken} from '../../core/contract/port-token.ts'
import {adminName, token} from '../../core/contract/token.ts'
import type {Collection} from '../../core/store/collection.ts'
import {keyId, type Records, type StoredCertificate} from '../../core/store/records.ts'
import {assigned, type Call, type Caller, owned, visibleOwner} from './call.ts'
import type {Declared, Document, Place} from './declaration.ts'
import {clientProblem} from './oauth.ts'
import {checkServices} from './port-token.ts'
import {bodyValidator} from './validate.ts'

const secretHash = Type.Optional(
  Type.String({
    pattern: '^[A-Za-z0-9_-]{43}$',
    description: 'SHA-256 of the secret in base64url, as `mcpx export --secrets` tells it',
  }),
)

const lacksHash =
  (make: (document: Document) => string): NonNullable<Declared['lacks']> =>
  document =>
    document['secret_hash'] === undefined ? without('the hash of its secret', make(document)) : undefined

const without = (what: string, command: string): {reason: string; remedy: string} => ({
  reason: `${what} is not in the document`,
  remedy: `export it with \`--secrets\`, or make another: \`${command}\``,
})

interface Kept {
  owner: string
  revision: number
}

interface InCollection<R extends Kept> {
  noun: string
  key: string
  collection: (records: Records) => Collection<R>
  /** Fields of a document, with their schemas. */
  fields: Record<string, TSchema>
  view: (record: R) => Document
}

/** The parts of a noun that follow from where its records are kept. */
function inCollection<R extends Kept>({noun, key, collection, fields, view}: InCollection<R>) {
  const schema = Type.Object(fields, {additionalProperties: false})
  return {
    noun,
    key,
    param: key,
    fields: Object.keys(fields),
    defaults: {},
    changeable: [],
    sealed: ['secret_hash'],
    facets: [],
    check: bodyValidator(schema),
    all: async ({parts}: Place, caller: Caller): Promise<Document[]> => {
      const found: Document[] = []
      let after: string | undefined
      do {
        const page = await collection(parts.records).list({after, limit: 1000, owner: visibleOwner(caller)})
        found.push(...page.items.map(view))
        after = page.next ?? undefined
      } while (after !== undefined)
      return found
    },
    find: async ({parts}: Place, caller: Caller, at: string): Promise<Document | undefined> => {
      const record = await collection(parts.records).get(at)
      return record && (caller.admin || record.owner === caller.name) ? view(record) : undefined
    },
    update: undefined,
    remove: async ({parts}: Place, {params}: Call<never>): Promise<void> =>
      collection(parts.records).delete(params[key]),
  }
}

type Making = {caller: Caller; body: Document}
const making = (call: Call<never>): Making => call

const tokens: Declared = {
  ...inCollection({
    noun: 'token',
    key: 'name',
    collection: ({token: of}) => of,
    fields: {...token.create.properties, secret_hash: secretHash},
    // The secret of the admin token belongs to this installation.
    view: ({hash, ...record}) => ({...record, ...(record.name !== adminName && {secret_hash: hash})}),
  }),
  adminOnly: true,
  changeable: Object.keys(token.update.properties),
  lacks: lacksHash(({name}) => `mcpx token create ${name}`),
  async create({parts}, call) {
    const {caller, body} = making(call)
    const {secret_hash: hash, name, ...rest} = body as Document & {name: string; secret_hash: string}
    const record = {...rest, name, ...assigned(caller), admin: false, hash}
    return parts.records.token.create(name, record)
  },
  update: ({handlers}, call) => handlers.token.update(call),
  remove: ({handlers}, call) => handlers.token.delete(call),
}

const portTokens: Declared = {
  ...inCollection({
    noun: 'port.token',
    key: 'token_name',
    collection: ({portToken: of}) => of,
    fields: {
      ...portToken.create.properties,
      expires_at: Type.String({format: 'date-time', description: 'when it stops working'}),
      secret_hash: secretHash,
    },
    view: ({hash, by_admin: _, ...record}) => ({...record, secret_hash: hash}),
  }),
  defaults: {allowed_ports: []},
  lacks: lacksHash(({token_name, allowed_services, allowed_ports}) =>
    `mcpx port token create ${token_name} ${allowed_services} ${allowed_ports}`.trimEnd(),
  ),
  async create({parts: {records}}, call) {
    const {caller, body} = making(call)
    const {secret_hash: hash, ...rest} = body as Parameters<typeof records.portToken.create>[1] & {
      secret_hash: string
    }
    await checkServices(records, caller, rest.allowed_services)
    return records.portToken.create(rest.token_name, {
      ...rest,
      ...assigned(caller),
      use_count: 0,
      hash,
      by_admin: caller.name === adminName,
    })
  },
}

const keyOf = ({hostname, name}: Document): string => keyId(String(hostname), String(name))

const keys: Declared = {
  ...inCollection({
    noun: 'proxy.key',
    key: 'name',
    collection: ({key: of}) => of,
    fields: {
      hostname: Type.String({description: 'the proxy it opens'}),
      ...proxyKey.create.properties,
      secret_hash: secretHash,
    },
    view: ({hash, ...record}) => ({...record, secret_hash: hash}),
  }),
  keyOf,
  lacks: lacksHash(({hostname, name}) => `mcpx proxy key create ${hostname} ${name}`),
  async create({parts: {records}}, call) {
    const {caller, body} = making(call)
    const {secret_hash: hash, ...rest} = body as Parameters<typeof records.key.create>[1] & {
      secret_hash: string
    }
    const {hostname} = rest
    owned(caller, 'proxy', hostname, await records.proxy.get(hostname))
    const record = {...rest, ...assigned(caller), hash}
    return records.key.create(keyOf(body), record, [`proxy/${hostname}`])
  },
}

const clientFields: Record<string, TSchema> = {
  client_id: Type.String({pattern: '^[A-Za-z0-9._~-]{8,128}$', description: 'its id'}),
  ...oauthOperations.clientRegister.body?.properties,
  client_secret: Type.Optional(
    Type.String({pattern: '^[!-~]{22,512}$', description: 'its secret, at least 22 characters of ASCII'}),
  ),
}

const checkClient = bodyValidator(Type.Object(clientFields, {additionalProperties: false}))
const clientDefaults = {
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: [],
}

/** Clients that operators registered; those that registered by themselves do so again. */
const clients: Declared = {
  noun: 'oauth.client',
  key: 'client_id',
  param: 'client_id',
  fields: Object.keys(clientFields),
  defaults: clientDefaults,
  changeable: [],
  sealed: ['client_secret'],
  facets: [],
  adminOnly: true,
  check(document) {
    checkClient(document)
    Object.assign(document, {...clientDefaults, ...document})
  },
  lacks: document =>
    needsSecret(document) && document['client_secret'] === undefined
      ? without('its secret', `mcpx oauth client register ${JSON.stringify(document['client_name'])}`)
      : undefined,
  all: ({parts}) => parts.oauth.registeredClients(),
  find: async ({parts}, _caller, key) =>
    (await parts.oauth.registeredClients()).find(({client_id}) => client_id === key),
  async create({parts, after}, call) {
    const {body} = making(call)
    try {
      after.push(parts.oauth.prepareClient(body as Document & {client_id: string}))
    } catch (error) {
      throw clientProblem(error as Error)
    }
    return body
  },
  update: undefined,
  async remove({parts, after}, {params}) {
    const {client_id} = params as {client_id: string}
    after.push(() => parts.oauth.deleteClient(client_id))
  },
}

export const declaredSecrets: readonly Declared[] = [tokens, portTokens, keys, clients]

const imported = certificateOperations.import.body
const importedFields = ['fullchain_pem', 'private_key_pem']

/** A document of an imported certificate has what it is; of any other, how it is to be had. */
function certificateView({fullchain_pem, private_key_pem, ...record}: StoredCertificate): Document {
  if (record.issuer !== 'imported') return record
  const {domains: _, staging: __, ...rest} = record
  return {...rest, fullchain_pem, private_key_pem}
}

/** Certificates: those that were imported go with their chain, and their key where secrets are told. */
export function withImported(certificates: Declared): Declared {
  const checkImported = bodyValidator(imported)
  const isImported = ({issuer}: Document): boolean => issuer === 'imported'
  const {all, find, remove} = inCollection({
    noun: certificates.noun,
    key: certificates.key,
    collection: ({certificate}) => certificate,
    fields: {},
    view: certificateView,
  })
  return {
    ...certificates,
    fields: [...certificates.fields, ...importedFields],
    sealed: [...certificates.sealed, 'private_key_pem'],
    adminSecrets: true,
    all,
    find,
    remove,
    check(document) {
      if (!isImported(document)) return certificates.check(document)
      const {issuer: _, ...rest} = document
      checkImported({private_key_pem: '', ...rest})
    },
    lacks: document =>
      isImported(document) && document['private_key_pem'] === undefined
        ? {
            reason: 'its private key is not in the document',
            remedy: `export it with \`--secrets\`, or \`mcpx cert import ${document['cert_name']} --cert FILE --key FILE\``,
          }
        : undefined,
    async create(place, call) {
      const {issuer, ...body} = making(call).body
      if (issuer !== 'imported') return certificates.create(place, call)
      await place.handlers.certificate.import({...(call as object), body} as never)
      return {...body, issuer}
    },
  }
}
