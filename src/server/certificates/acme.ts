// Talks to CAs by ACME (RFC 8555): accounts, orders, renewal information. The home of acme-client.
import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {Agent} from 'node:https'
import {createSecureContext, rootCertificates} from 'node:tls'
import acme from 'acme-client'
import type {Config} from '../../core/config.ts'
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import type {AcmeAccount, Records} from '../../core/store/records.ts'
import {type CaDocument, CaProblem} from './ca-problem.ts'
import {dropNonces, keepNonce, takeNonce} from './nonces.ts'
import {makeKey} from './x509-maker.ts'

export type Client = acme.Client
export type Order = acme.Order
export type Authorization = acme.Authorization
export type AcmeChallenge = Authorization['challenges'][number]

interface Directory {
  renewalInfo?: string
  meta?: {profiles?: Record<string, string>; externalAccountRequired?: boolean; caaIdentities?: string[]}
}

interface Answer {
  status: number
  data: unknown
  headers: Record<string, unknown>
  config: {method?: string; url?: string}
}

export interface RenewalInfo {
  start: Date
  end: Date
  explanation_url: string | undefined
  /** ms until the CA may be asked again. */
  again: number
}

const hour = 3_600_000
let prepared = false

/** acme-client keeps its settings for the whole process: problems as they are, no silent retries, a private CA trusted. */
function prepare(bundle: string | undefined): void {
  const {defaults, interceptors} = acme.axios
  defaults.timeout = 30_000
  if (bundle !== undefined) {
    // Made once: reading every root anew costs 10 ms a connection.
    const secureContext = createSecureContext({ca: [...rootCertificates, readFileSync(bundle, 'utf8')]})
    defaults.httpsAgent = new Agent({secureContext, keepAlive: true})
  }
  if (prepared) return
  prepared = true
  // Its own interceptor waits and repeats for minutes, and loses the reason when nobody answers.
  interceptors.response.clear()
  interceptors.response.use(null, (error: Error & {response?: Answer}) => {
    const {response} = error
    if (!response) throw error
    const problem = problemOf(response)
    noteNonce(response, problem)
    // acme-client repeats what failed for its nonce.
    if (problem && problem.kind !== 'badNonce') throw problem
    return response as never
  })
}

function noteNonce({status, headers, config}: Answer, problem: CaProblem | undefined): void {
  const {method, url} = config
  const nonce = headers['replay-nonce']
  if (method !== 'post' || url === undefined) return
  if (problem?.kind === 'badNonce') dropNonces(url)
  else if (status < 400 && typeof nonce === 'string') keepNonce(url, nonce)
}

function problemOf({status, data, headers}: Answer): CaProblem | undefined {
  if (status < 400) return undefined
  const document: CaDocument =
    typeof data === 'object' && data !== null
      ? (data as CaDocument)
      : {type: 'about:blank', status, detail: `The CA answered ${status}: ${String(data).slice(0, 300)}`}
  return new CaProblem(document, {retryAfter: retryAfter(headers['retry-after'])})
}

/** `Retry-After` in ms (RFC 9110 §10.2.3). */
function retryAfter(value: unknown): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  const seconds = Number(value)
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0)
}

export class Authorities {
  readonly #config: Config
  readonly #accounts: Records['account']
  readonly #directories = new Map<string, {directory: Directory; until: number}>()

  /** Throws when ACME_CA_BUNDLE cannot be read. */
  constructor(config: Config, accounts: Records['account']) {
    this.#config = config
    this.#accounts = accounts
    prepare(config.ACME_CA_BUNDLE)
  }

  /** Throws ca-unreachable. */
  async directory(url: string): Promise<Directory> {
    const known = this.#directories.get(url)
    if (known && known.until > Date.now()) return known.directory
    const {data} = await reach(url, () => acme.axios.get<Directory>(url))
    this.#directories.set(url, {directory: data, until: Date.now() + hour})
    return data
  }

  /** A client with an account for `email`, registered when there is none. Throws CaProblem, ca-unreachable. */
  async client(directory: string, email: string): Promise<Client> {
    const account = await this.#account(directory, email)
    const {ACME_EAB_KID: kid, ACME_EAB_HMAC_KEY: hmacKey, ACME_DIRECTORY_URL} = this.#config
    const bound = kid !== undefined && hmacKey !== undefined && directory === ACME_DIRECTORY_URL
    const client = new acme.Client({
      directoryUrl: directory,
      accountKey: account.key,
      ...(account.url !== undefined && {accountUrl: account.url}),
      ...(bound && {externalAccountBinding: {kid, hmacKey}}),
    })
    reuseNonces(client, directory)
    if (account.url !== undefined) return client
    const {meta} = await this.directory(directory)
    if (meta?.externalAccountRequired && !bound)
      throw new CaProblem({
        type: 'urn:ietf:params:acme:error:externalAccountRequired',
        detail: `The directory ${directory} says that it needs an external account binding`,
      })
    await reach(directory, () =>
      client.createAccount({termsOfServiceAgreed: true, contact: [`mailto:${email}`]}),
    )
    await this.#accounts.update(accountId(directory, email), current => ({
      ...current,
      url: client.getAccountUrl(),
    }))
    return client
  }

  /** The CA does not know the account: the next client registers it again, with the same key or, if `anew`, another. */
  async forget(directory: string, email: string, anew: boolean): Promise<void> {
    await this.#accounts.update(accountId(directory, email), ({url: _, ...rest}) => ({
      ...rest,
      ...(anew && {key: makeKey()}),
    }))
  }

  /** RFC 9773 §4.1; undefined where the CA does not offer it. */
  async renewalInfo(directory: string, id: string): Promise<RenewalInfo | undefined> {
    const {renewalInfo} = await this.directory(directory)
    if (renewalInfo === undefined) return undefined
    const {data, headers} = await reach(directory, () =>
      acme.axios.get<{suggestedWindow: {start: string; end: string}; explanationURL?: string}>(
        `${renewalInfo}/${id}`,
      ),
    )
    const {start, end} = data.suggestedWindow
    const wait = retryAfter(headers['retry-after']) ?? 6 * hour
    return {
      start: new Date(start),
      end: new Date(end),
      explanation_url: data.explanationURL,
      // RFC 9773 §4.3: within a minute and a day.
      again: Math.min(Math.max(wait, 60_000), 24 * hour),
    }
  }

  /** Throws acme-misconfigured when the CA has no such profile. */
  async checkProfile(directory: string, profile: string): Promise<void> {
    const profiles = Object.keys((await this.directory(directory)).meta?.profiles ?? {})
    if (profiles.includes(profile)) return
    throw new Problem('acme-misconfigured', `The CA has no profile \`${profile}\``, {
      hint: profiles.length === 0 ? 'leave the profile out' : `it has ${profiles.join(', ')}`,
    })
  }

  async #account(directory: string, email: string): Promise<AcmeAccount> {
    const id = accountId(directory, email)
    const known = await this.#accounts.get(id)
    if (known) return known
    try {
      return await this.#accounts.create(id, {owner: adminName, directory, email, key: makeKey()})
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'already-exists') throw error
      return (await this.#accounts.get(id)) as AcmeAccount
    }
  }
}

/** acme-client asks for a nonce before each request; it has no setting for that. */
function reuseNonces(client: Client, directory: string): void {
  const {http} = client as unknown as {http?: {getNonce?: () => Promise<string>}}
  const ask = http?.getNonce?.bind(http)
  if (http && ask) http.getNonce = async () => takeNonce(directory) ?? ask()
}

const accountId = (directory: string, email: string): string =>
  createHash('sha256').update(`${directory}\n${email.toLowerCase()}`).digest('hex').slice(0, 32)

/** Says which CA did not answer. */
export async function reach<T>(directory: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (cause instanceof Problem || cause instanceof CaProblem) throw cause
    throw new Problem('ca-unreachable', `${new URL(directory).host}: ${(cause as Error).message}`, {cause})
  }
}

export const {createCsr, createAlpnCertificate} = acme.crypto
