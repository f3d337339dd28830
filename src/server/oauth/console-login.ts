// Signing in to the web UI by a login elsewhere: GitHub or an OpenID Connect provider, for those CONSOLE_ADMINS names.
import {randomBytes} from 'node:crypto'
import type {ServerResponse} from 'node:http'
import type {Config} from '../../core/config.ts'
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import type {ConsoleSessions} from '../../core/store/console-sessions.ts'
import type {ExpiringValues} from '../../core/store/expiring.ts'
import type {Records} from '../../core/store/records.ts'
import {secretHash} from '../../core/store/seal.ts'
import {consoleEntry} from './accounts.ts'
import {Refusal, redirect} from './http.ts'
import type {Departure, Upstream} from './upstreams.ts'

type Way = 'github' | 'oidc'

interface Left extends Departure {
  way: Way
  /** Of the web UI; the person comes back to it. */
  origin: string
  /** Hash of the secret that the browser holds. */
  browser: string
}

export interface ConsoleLoginOptions {
  issuer: string
  config: Pick<Config, 'CONSOLE_ADMINS' | 'OIDC_NAME'>
  upstreams: {github?: Upstream; oidc?: Upstream}
  values: ExpiringValues
  sessions: ConsoleSessions
  records: Pick<Records, 'token'>
  /** Told of what went wrong at a login, for the log. */
  failed: (step: string, error: Error) => void
}

/** Seconds a login elsewhere may take. */
const lifetime = 300
const kind = 'ConsoleDeparture'

export class ConsoleLogins {
  readonly #options: ConsoleLoginOptions

  constructor(options: ConsoleLoginOptions) {
    this.#options = options
  }

  /** What each way is called, of those by which somebody may sign in. */
  get ways(): Partial<Record<Way, string>> {
    const {config, upstreams} = this.#options
    const may = (way: Way): boolean =>
      upstreams[way] !== undefined && config.CONSOLE_ADMINS.some(entry => entry.startsWith(`${way}:`))
    return {...(may('github') && {github: 'GitHub'}), ...(may('oidc') && {oidc: config.OIDC_NAME})}
  }

  /** Throws login-unknown, login-unreachable. */
  async begin(way: string, {origin, browser}: {origin: string; browser: string}): Promise<URL> {
    const {upstreams, values, failed} = this.#options
    const upstream = way in this.ways ? upstreams[way as Way] : undefined
    if (!upstream) throw new Problem('login-unknown', `Nobody may sign in here by \`${way.slice(0, 40)}\``)
    const departure = {state: random(), nonce: random(), verifier: random()}
    const left: Left = {...departure, way: way as Way, origin, browser: secretHash(browser)}
    await values.put(kind, departure.state, left, lifetime)
    return upstream.begin(departure, this.#callback).catch((error: Error) => {
      failed(way, error)
      throw new Problem('login-unreachable', `${this.ways[way as Way]} does not answer`)
    })
  }

  /** Where GitHub and others send people back to; false for a login that is not for the web UI. */
  async returned(response: ServerResponse, url: URL): Promise<boolean> {
    const {upstreams, values, failed} = this.#options
    const state = url.searchParams.get('state') ?? ''
    const left = (await values.get<Left>(kind, state))?.value
    if (!left) return false
    const upstream = upstreams[left.way]
    if (!upstream || (await values.consume(kind, state)) !== 'first')
      throw new Refusal(400, 'expired', 'this login was finished before, or took more than five minutes')
    const account = await upstream.finish(url, left, this.#callback).catch((error: Error) => {
      failed(left.way, error)
      throw new Refusal(400, 'console_login', 'the login did not work out')
    })
    const entry = consoleEntry(account, this.#options.config)
    if (entry === undefined) {
      failed(left.way, new Error(`${account.username} is not in CONSOLE_ADMINS`))
      throw new Refusal(
        403,
        'console_login',
        `${account.username} may not sign in to the web UI of this mcpx`,
      )
    }
    const link = await this.#link(account.username, entry, left.browser)
    redirect(response, `${left.origin}/#link=${link}`)
    return true
  }

  async #link(username: string, entry: string, browser: string): Promise<string> {
    const {sessions, records} = this.#options
    const admin = await records.token.get(adminName)
    if (!admin) throw new Refusal(500, 'server_error', 'there is no admin token')
    return sessions.makeLink({name: adminName, hash: admin.hash, person: {username, entry}, browser})
  }

  get #callback(): string {
    return `${this.#options.issuer}/callback`
  }
}

const random = (): string => randomBytes(32).toString('base64url')
