// Who logged in: what the login told of a person, and whether that person may still come in.
import type {Config} from '../../core/config.ts'
import type {ExpiringValues} from '../../core/store/expiring.ts'

export interface Account {
  /** `github:…`, `oidc:…` or `token:…` and what never changes of the person there. */
  sub: string
  login: 'github' | 'oidc' | 'token'
  username: string
  name?: string | undefined
  email?: string | undefined
  /** Whether the provider vouches for the address; others are never compared with allow lists. */
  email_verified: boolean
  /** Groups, organisations, and teams as `org/team`. */
  groups: string[]
}

export type LoginConfig = Pick<
  Config,
  'OAUTH_ALLOWED_GITHUB_USERS' | 'OAUTH_ALLOWED_GITHUB_ORGS' | 'OAUTH_ALLOWED_OIDC_USERS'
>

/** Whether the allow lists let a person in. Nobody, unless listed; names are compared as a whole, without case. */
export function isAllowed(account: Account, config: LoginConfig): boolean {
  if (account.login === 'token') return true
  const has = (list: readonly string[], value: string | undefined): boolean =>
    value !== undefined && list.some(one => one.toLowerCase() === value.toLowerCase())
  if (account.login === 'github') {
    const users = config.OAUTH_ALLOWED_GITHUB_USERS
    const orgs = config.OAUTH_ALLOWED_GITHUB_ORGS
    return users.includes('*') || has(users, account.username) || account.groups.some(one => has(orgs, one))
  }
  const users = config.OAUTH_ALLOWED_OIDC_USERS
  const email = account.email_verified ? account.email : undefined
  return users.includes('*') || has(users, email) || users.includes(account.sub.slice('oidc:'.length))
}

/** The entry of CONSOLE_ADMINS that names a person; undefined for everybody else. */
export function consoleEntry(
  {login, username, email, email_verified, sub}: Account,
  {CONSOLE_ADMINS: entries}: Pick<Config, 'CONSOLE_ADMINS'>,
): string | undefined {
  if (login === 'token') return undefined
  const name = login === 'github' ? username : email_verified ? email : undefined
  return entries.find(
    entry =>
      (name !== undefined && entry.toLowerCase() === `${login}:${name}`.toLowerCase()) ||
      (login === 'oidc' && entry === sub),
  )
}

export class Accounts {
  readonly #values: ExpiringValues
  readonly #config: LoginConfig
  /** Seconds an account is remembered after its last use. */
  readonly #lifetime: number

  constructor(values: ExpiringValues, config: LoginConfig, lifetime: number) {
    this.#values = values
    this.#config = config
    this.#lifetime = lifetime
  }

  async save(account: Account): Promise<void> {
    await this.#values.put('Account', account.sub, account, this.#lifetime)
  }

  /** The account, if it may still come in. Using it keeps it. */
  async find(sub: string): Promise<Account | undefined> {
    const found = await this.#values.get<Account>('Account', sub)
    if (!found || !isAllowed(found.value, this.#config)) return undefined
    await this.save(found.value)
    return found.value
  }
}
