// Does what is due with one certificate: issues it, asks the CA when to renew, marks it expired; and writes down how it went.
import type {Config} from '../../core/config.ts'
import type {Generation} from '../../core/contract/certificate.ts'
import type {Log} from '../../core/log.ts'
import {Problem} from '../../core/problem.ts'
import type {Records, StoredCertificate} from '../../core/store/records.ts'
import {type ChainFacts, splitChain} from '../../core/x509.ts'
import type {Authorities} from './acme.ts'
import {backoff, documentOf, isAccountClosed, remedyFor} from './ca-problem.ts'
import {nextTask} from './due.ts'
import {issueByAcme, type Step} from './issue.ts'
import type {LocalCa} from './local-ca.ts'
import {Revoked} from './ocsp.ts'
import {fromInfo, fromLifetime} from './renewal.ts'
import {askStanding, canBeAsked} from './standing.ts'
import type {ChallengeTokens} from './tokens.ts'
import {makeKey, renewalId} from './x509-maker.ts'

export interface WorkOptions {
  config: Config
  records: Records
  tokens: ChallengeTokens
  authorities: Authorities
  ca: LocalCa
  log: Log
  now: () => number
  /** Whether this replica is still the leader. */
  leads: () => boolean
}

/** The record was changed or deleted by somebody else, or another replica leads now: nothing is written any more. */
class Superseded extends Error {}

/** ms that a new certificate is kept at least, whatever its CA says. */
const keptFor = 3_600_000

type Changes = Partial<StoredCertificate>

/** As it is to become: while it is promoted, of the production CA. */
function wanted(record: StoredCertificate): StoredCertificate {
  const {promote_to: directory} = record
  return directory === undefined ? record : {...record, acme_directory_url: directory, staging: false}
}

export class Work {
  readonly #options: WorkOptions

  constructor(options: WorkOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async run(record: StoredCertificate): Promise<void> {
    const {log} = this.#options
    try {
      await this.#do(record)
    } catch (error) {
      if (error instanceof Superseded) return
      log.warn(
        {err: error as Error, certificate: record.cert_name},
        'the certificate could not be looked after',
      )
    }
  }

  async #do(record: StoredCertificate): Promise<void> {
    switch (nextTask(record).task) {
      case 'issue':
        return this.#issue(record)
      case 'ask':
        return this.#ask(record)
      case 'staple':
        return this.#staple(record)
      case 'expire':
        return void (await this.#write(record.cert_name, ({status}) =>
          status === 'active' ? {status: 'expired'} : undefined,
        ))
    }
  }

  async #issue(seen: StoredCertificate): Promise<void> {
    const {config, records, tokens, authorities, log} = this.#options
    const name = seen.cert_name
    const started_at = new Date(this.#options.now()).toISOString()
    const record = wanted(await this.#claim(seen, started_at))
    const key = record.next_private_key_pem as string
    const tell = (step: Step, detail: string, more: Partial<Generation> = {}): Promise<void> =>
      this.#tell(name, started_at, step, detail, more)
    try {
      const facts =
        record.issuer === 'internal'
          ? await this.#sign(record, key, tell)
          : await issueByAcme({config, records, tokens, authorities, record, key, tell})
      await this.#finish(record, started_at, facts, key)
      log.info({certificate: name, expires_at: facts.expires_at}, 'certificate issued')
    } catch (error) {
      if (error instanceof Superseded) throw error
      await this.#fail(record, started_at, error)
    }
  }

  /** Mark it as under way; the key of the new certificate is kept, so that another replica can go on with the order. */
  async #claim(seen: StoredCertificate, started_at: string): Promise<StoredCertificate> {
    const {config} = this.#options
    return this.#write(seen.cert_name, current => {
      // Checked again now that it counts: somebody may have been here first.
      if (nextTask(current).task !== 'issue' || nextTask(current).at > this.#options.now()) return undefined
      const {state, attempts, order_url} = current.generation
      const left = state === 'in_progress' && current.next_private_key_pem !== undefined
      return {
        generation: {
          state: 'in_progress',
          step: 'queued',
          detail: left ? 'goes on where another replica stopped' : 'begins',
          attempts,
          started_at,
          ...(left && order_url !== undefined && {order_url}),
        },
        next_private_key_pem: left ? current.next_private_key_pem : makeKey(config.RSA_KEY_SIZE),
      }
    })
  }

  async #sign(
    record: StoredCertificate,
    key: string,
    tell: (step: Step, detail: string) => Promise<void>,
  ): Promise<ChainFacts> {
    await tell('issue', 'the CA of this mcpx signs')
    return this.#options.ca.sign(record.domains, key)
  }

  async #tell(
    name: string,
    started_at: string,
    step: Step,
    detail: string,
    more: Partial<Generation>,
  ): Promise<void> {
    await this.#write(name, current => {
      if (current.generation.started_at !== started_at) return undefined
      return {generation: {...current.generation, ...more, step, detail}}
    })
  }

  async #finish(
    record: StoredCertificate,
    started_at: string,
    facts: ChainFacts,
    key: string,
  ): Promise<void> {
    const {config} = this.#options
    const suggested =
      record.issuer === 'acme' ? await this.#suggested(record, facts.fullchain_pem) : undefined
    // A CA that wants what is new renewed at once would be asked for ever.
    const sensible = suggested !== undefined && Date.parse(suggested.at) > this.#options.now()
    const renewal = sensible ? suggested : fromLifetime(facts, config.RENEWAL_THRESHOLD_DAYS)
    const {domains: _, ...dated} = facts
    const {acme_directory_url, staging} = record
    await this.#write(record.cert_name, current => {
      if (current.generation.started_at !== started_at) return undefined
      return {
        ...dated,
        ...(acme_directory_url !== undefined && {acme_directory_url, staging, promote_to: undefined}),
        renewal,
        status: 'active',
        private_key_pem: key,
        next_private_key_pem: undefined,
        ocsp: undefined,
        ocsp_until: undefined,
        ocsp_next: canBeAsked(facts.fullchain_pem) ? started_at : undefined,
        generation: {
          state: 'completed',
          step: 'done',
          detail: `issued by ${facts.issued_by}`,
          attempts: 0,
          started_at,
        },
      }
    })
  }

  async #fail(record: StoredCertificate, started_at: string, error: unknown): Promise<void> {
    const {now, log, authorities} = this.#options
    await this.#write(record.cert_name, current => {
      if (current.generation.started_at !== started_at) return undefined
      const attempts = current.generation.attempts + 1
      const left = Date.parse(current.expires_at ?? '') - now()
      const wait = backoff(error, attempts)
      // The nearer the end, the more often: an eighth of what is left, but never against the CA's word.
      const hurried = left > 0 ? Math.min(wait, Math.max(left / 8, 60_000)) : wait
      // The next try begins a new order. A promotion is tried again when it is asked for again.
      const {order_url: _, ...rest} = current.generation
      const promoted = current.promote_to !== undefined && current.fullchain_pem !== undefined
      const again = promoted ? undefined : {next_try_at: new Date(now() + hurried).toISOString()}
      return {
        status: current.fullchain_pem === undefined ? 'failed' : current.status,
        next_private_key_pem: undefined,
        promote_to: undefined,
        generation: {
          ...rest,
          state: 'failed',
          attempts,
          problem: documentOf(error),
          remedy: remedyFor(error, promoted).replace('NAME', record.cert_name),
          ...again,
        },
      }
    })
    const code = error instanceof Problem ? error.code : undefined
    log.warn({certificate: record.cert_name, code, err: error as Error}, 'the certificate was not issued')
    if (isAccountClosed(error) && record.acme_directory_url !== undefined && record.email !== undefined)
      await authorities.forget(record.acme_directory_url, record.email, true)
  }

  /** Ask the CA again when it wants the certificate renewed. */
  async #ask(record: StoredCertificate): Promise<void> {
    const renewal = await this.#suggested(record, record.fullchain_pem ?? '')
    const again = new Date(this.#options.now() + 6 * 3_600_000).toISOString()
    await this.#write(record.cert_name, current => {
      if (current.fingerprint !== record.fingerprint || current.generation.state !== 'completed')
        return undefined
      if (renewal) return {renewal}
      return current.renewal && {renewal: {...current.renewal, check_at: again}}
    })
  }

  /** Without a good answer it is asked for again soon, and the last is stapled while it holds. What the CA has revoked is replaced. */
  async #staple(record: StoredCertificate): Promise<void> {
    const {cert_name, fullchain_pem = '', fingerprint} = record
    const {now, log} = this.#options
    const later = {ocsp_next: new Date(now() + 15 * 60_000).toISOString()}
    const unstapled = {ocsp: undefined, ocsp_until: undefined}
    const answer = await askStanding(fullchain_pem, now()).catch((error: Error) => {
      const revoked = error instanceof Revoked
      const text = revoked ? 'the CA has revoked the certificate' : 'the CA does not tell whether it holds'
      log.warn({...(!revoked && {err: error}), certificate: cert_name}, text)
      return revoked ? 'revoked' : later
    })
    const {started_at} = record.generation
    const replace = answer === 'revoked' && now() - Date.parse(started_at) > keptFor
    await this.#write(cert_name, current => {
      if (current.fingerprint !== fingerprint || current.generation.state !== 'completed') return undefined
      if (!replace) return answer === 'revoked' ? {...unstapled, ...later} : answer
      const detail = 'the CA has revoked the certificate: another is asked for'
      const asked_at = new Date(now()).toISOString()
      return {
        ...unstapled,
        generation: {state: 'accepted', step: 'queued', detail, attempts: 0, started_at: asked_at},
      }
    })
  }

  async #suggested(
    {acme_directory_url, renewal, cert_name}: StoredCertificate,
    chain: string,
  ): Promise<StoredCertificate['renewal']> {
    const [leaf] = splitChain(chain)
    const id = leaf === undefined ? undefined : renewalId(leaf)
    if (id === undefined || acme_directory_url === undefined) return undefined
    try {
      const info = await this.#options.authorities.renewalInfo(acme_directory_url, id)
      return info && fromInfo(info, renewal, this.#options.now())
    } catch (error) {
      this.#options.log.warn({err: error as Error, certificate: cert_name}, 'no renewal information')
      return undefined
    }
  }

  /** Throws Superseded when `change` gives nothing, the record is gone, or another replica leads. */
  async #write(
    name: string,
    change: (current: StoredCertificate) => {[K in keyof Changes]: Changes[K] | undefined} | undefined,
  ): Promise<StoredCertificate> {
    if (!this.#options.leads()) throw new Superseded()
    try {
      return await this.#options.records.certificate.update(name, current => {
        const changes = change(current)
        if (!changes) throw new Superseded()
        const next = {...current, ...changes, updated_at: new Date().toISOString()}
        return next as StoredCertificate
      })
    } catch (error) {
      if (error instanceof Problem && error.code === 'not-found') throw new Superseded()
      throw error
    }
  }
}
