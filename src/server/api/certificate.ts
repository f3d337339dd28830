// Handlers of certificate.
import {planCertificate, planDirectory} from '../../core/certificates.ts'
import {type Certificate, certificate, type certificateOperations} from '../../core/contract/certificate.ts'
import {adminName} from '../../core/contract/token.ts'
import {covers} from '../../core/names.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import type {StoredCertificate} from '../../core/store/records.ts'
import {checkKey, readChain} from '../../core/x509.ts'
import {assigned, type Caller, type Handlers, owned, type Parts, visibleOwner} from './call.ts'
import {checkTarget} from './targets.ts'

/** Names that stand for something else in `/certificates/…`. */
const reservedNames = new Set(['ca', 'coverage', 'import', 'multi-domain'])
/** Longest a status call waits, in ms. */
const longestWait = 30_000

const shownFields = new Set(Object.keys(certificate.record.properties))

/** What the contract names, and nothing else: keys stay here. */
export const shownCertificate = (record: StoredCertificate): Certificate =>
  Object.fromEntries(
    Object.entries(record).filter(([field]) => shownFields.has(field)),
  ) as unknown as Certificate

export interface Asked {
  cert_name: string
  domains: string[]
  email?: string
  acme_directory_url?: string
  staging?: boolean
  issuer?: 'acme' | 'internal'
  challenge?: 'http-01' | 'tls-alpn-01' | 'dns-01'
  profile?: string
}

/** The record that asks for a certificate. Throws name-reserved, target-forbidden and what planCertificate throws. */
export async function orderCertificate(
  parts: Parts,
  caller: Caller,
  asked: Asked,
): Promise<Omit<Certificate, 'revision'>> {
  const {config, records} = parts
  if (reservedNames.has(asked.cert_name))
    throw fieldProblem(
      'name-reserved',
      'cert_name',
      `\`${asked.cert_name}\` is taken by mcpx`,
      'choose another name',
    )
  await checkDomains(parts, caller, asked.domains)
  if (asked.acme_directory_url !== undefined)
    await checkTarget(parts, caller, 'acme_directory_url', asked.acme_directory_url)
  const token = asked.email === undefined ? await records.token.get(caller.name) : undefined
  return planCertificate(config, caller.name, {
    ...asked,
    email: asked.email ?? token?.cert_email ?? config.ADMIN_EMAIL,
  })
}

/** A token gets certificates for names that are nobody else's. */
async function checkDomains(
  {config, records}: Parts,
  caller: Caller,
  domains: readonly string[],
): Promise<void> {
  if (caller.admin) return
  const taken = (domain: string): Problem =>
    fieldProblem('name-reserved', 'domains', `\`${domain}\` belongs to somebody else`, 'ask an admin')
  const proxies = await records.proxy.getMany(domains.map(domain => domain.replace(/^\*\./, '')))
  domains.forEach((domain, index) => {
    if (covers(domain, config.BASE_DOMAIN ?? 'localhost')) throw taken(domain)
    const proxy = proxies[index]
    if (proxy && proxy.owner !== caller.name) throw taken(domain)
  })
  const wildcards = domains.filter(domain => domain.startsWith('*.'))
  if (wildcards.length === 0) return
  for await (const [hostname, {owner}] of records.proxy.all()) {
    const wildcard = wildcards.find(domain => covers(domain, hostname))
    if (wildcard !== undefined && owner !== caller.name) throw taken(wildcard)
  }
}

export function certificateHandlers(parts: Parts): Handlers<typeof certificateOperations> {
  const {records, config, certificates: control} = parts
  const certificates = records.certificate

  const mine = async (caller: Caller, name: string): Promise<StoredCertificate> =>
    owned(caller, 'certificate', name, await certificates.get(name))

  /** Queue it for issuing again; what it has serves on. */
  const queue = async (
    caller: Caller,
    name: string,
    check: (current: StoredCertificate) => object,
  ): Promise<Certificate> => {
    const written = await certificates.update(name, current => {
      owned(caller, 'certificate', name, current)
      const now = new Date().toISOString()
      return {
        ...current,
        ...check(current),
        updated_at: now,
        generation: {
          state: 'accepted',
          step: 'queued',
          detail: 'waits for its turn',
          attempts: 0,
          started_at: now,
        },
      }
    })
    return shownCertificate(written)
  }

  return {
    async create({caller, body}) {
      const {domain, domains: listed = [], wildcard, ...rest} = body
      const named = [...new Set([...(domain === undefined ? [] : [domain]), ...listed])]
      if (named.length === 0)
        throw fieldProblem(
          'invalid-request',
          'domains',
          'is missing',
          'give at least one domain: `mcpx cert create api api.example.com`',
        )
      const below = wildcard ? named.filter(one => !one.startsWith('*.')).map(one => `*.${one}`) : []
      const domains = [...new Set([...named, ...below])]
      const record = await orderCertificate(parts, caller, {...rest, domains})
      return shownCertificate(await certificates.create(body.cert_name, record))
    },

    async multiDomain({caller, body}) {
      const record = await orderCertificate(parts, caller, body)
      return shownCertificate(await certificates.create(body.cert_name, record))
    },

    async list({caller, query}) {
      const {items, next} = await certificates.list({...query, owner: visibleOwner(caller)})
      return {items: items.map(shownCertificate), next}
    },

    async coverage({caller, query}) {
      const {items, next} = await records.proxy.list({...query, owner: visibleOwner(caller)})
      return {items: items.map(proxy => control.coverage(proxy)), next}
    },

    async ca() {
      return control.localCa()
    },

    async import({caller, body: {cert_name, fullchain_pem, private_key_pem}}) {
      if (reservedNames.has(cert_name))
        throw fieldProblem(
          'name-reserved',
          'cert_name',
          `\`${cert_name}\` is taken by mcpx`,
          'choose another name',
        )
      const facts = readChain(fullchain_pem)
      checkKey(fullchain_pem, private_key_pem)
      await checkDomains(parts, caller, facts.domains)
      const now = new Date().toISOString()
      const record = await certificates.create(cert_name, {
        cert_name,
        ...facts,
        ...assigned(caller),
        issuer: 'imported',
        staging: false,
        created_by: caller.name,
        status: Date.parse(facts.expires_at) > Date.now() ? 'active' : 'expired',
        generation: {state: 'completed', step: 'done', detail: 'imported', attempts: 0, started_at: now},
        private_key_pem,
      })
      return shownCertificate(record)
    },

    async show({caller, params}) {
      return shownCertificate(await mine(caller, params.cert_name))
    },

    async status({caller, params: {cert_name}, query, signal}) {
      const record = await mine(caller, cert_name)
      const {state} = record.generation
      const underWay = state === 'accepted' || state === 'in_progress'
      const news = query.since === undefined ? !underWay : record.revision > query.since
      if (!query.wait || news) return shownCertificate(record)
      await control.changed(
        cert_name,
        query.since ?? record.revision,
        AbortSignal.any([signal, AbortSignal.timeout(longestWait)]),
      )
      return shownCertificate(await mine(caller, cert_name))
    },

    renew: ({caller, params, query}) =>
      queue(caller, params.cert_name, current => {
        if (current.issuer === 'imported')
          throw new Problem(
            'certificate-imported',
            `\`${params.cert_name}\` was imported; mcpx cannot renew it`,
          )
        const due = current.renewal?.at
        const failing = current.generation.state === 'failed'
        if (!query.force && !failing && due !== undefined && Date.parse(due) > Date.now())
          throw new Problem('not-due', `\`${params.cert_name}\` is renewed by itself on ${due}`)
        return {}
      }),

    promote: ({caller, params}) =>
      queue(caller, params.cert_name, current => {
        if (!current.staging)
          throw new Problem('not-staging', `\`${params.cert_name}\` is not from the staging CA`)
        const {directory} = planDirectory(config, {})
        // It stays a staging certificate, and is served, until the new one is there.
        return {promote_to: directory}
      }),

    async export({params: {cert_name}}) {
      const {fullchain_pem, private_key_pem} = owned(
        {name: adminName, admin: true, loopback: false},
        'certificate',
        cert_name,
        await certificates.get(cert_name),
      )
      if (fullchain_pem === undefined || private_key_pem === undefined)
        throw new Problem('certificate-pending', `\`${cert_name}\` has not been issued yet`)
      return {cert_name, fullchain_pem, private_key_pem}
    },

    async delete({caller, params: {cert_name}, revision}) {
      await mine(caller, cert_name)
      await certificates.delete(cert_name, revision)
    },
  }
}
