// The pages between /authorize and the code: who it is, and whether the client is allowed.
import {createHmac, randomBytes, timingSafeEqual} from 'node:crypto'
import type {IncomingMessage, ServerResponse} from 'node:http'
import type Provider from 'oidc-provider'
import {type Protected, resourceMeant} from '../../core/routing/resources.ts'
import type {ExpiringValues} from '../../core/store/expiring.ts'
import type {Account, Accounts, LoginConfig} from './accounts.ts'
import {isAllowed} from './accounts.ts'
import {type Headers, Refusal, readBody, redirect, send} from './http.ts'
import {
  type Asker,
  consentPage,
  formTarget,
  loginPage,
  logoutPage,
  messagePage,
  pageHeaders,
  plainName,
} from './pages.ts'
import type {Storage} from './storage.ts'
import type {Departure, Upstream} from './upstreams.ts'

export interface LoginOptions {
  issuer: string
  provider: () => Provider
  storage: Storage
  accounts: Accounts
  values: ExpiringValues
  config: LoginConfig
  upstreams: {github?: Upstream; oidc?: Upstream}
  /** What the OpenID Connect provider is called. */
  oidcName: string
  resources: () => readonly Protected[]
  /** Whether this is a token of an admin; undefined where nobody may log in with it. */
  adminToken: ((token: string) => Promise<string | undefined>) | undefined
  secret: string
  /** Told of what went wrong at a login, for the log. */
  failed: (step: string, error: Error) => void
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** Seconds a login elsewhere may take. */
const departureLifetime = 300
/** Wrong admin tokens in five minutes. */
const tokenFailures = 10

export class Login {
  readonly #options: LoginOptions

  constructor(options: LoginOptions) {
    this.#options = options
  }

  get callback(): string {
    return `${this.#options.issuer}/callback`
  }

  /** `/interaction/{uid}[/{step}]`. */
  async interaction(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const [, , uid = '', step] = path.split('/')
    const interaction = await this.#open(request, response, uid)
    if (request.method === 'GET' && step === undefined) return this.#show(request, response, interaction)
    if (request.method !== 'POST') throw new Refusal(405, 'invalid_request', 'this takes GET and POST')
    const form = await this.#form(request, `interaction:${uid}`)
    if (step === 'login' && interaction.prompt.name === 'login')
      return this.#login(request, response, interaction, form)
    if (step === 'consent' && interaction.prompt.name === 'consent')
      return this.#consent(request, response, interaction, form)
    return redirect(response, `/interaction/${uid}`)
  }

  /** Where GitHub and others send people back to. */
  async returned(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const state = url.searchParams.get('state') ?? ''
    const found = await this.#options.values.get<Departure & {uid: string; way: 'github' | 'oidc'}>(
      'Departure',
      state,
    )
    const first = found && (await this.#options.values.consume('Departure', state)) === 'first'
    if (!found || !first) throw expired('this login was finished before, or took more than five minutes')
    const {uid, way} = found.value
    const interaction = await this.#open(request, response, uid)
    const upstream = this.#options.upstreams[way]
    if (!upstream) throw expired('this way to log in was switched off')
    let account: Account
    try {
      account = await upstream.finish(url, found.value, this.callback)
    } catch (error) {
      this.#options.failed(way, error as Error)
      return this.#showLogin(interaction, response, 'The login did not work out. Please try again.')
    }
    if (!isAllowed(account, this.#options.config)) {
      this.#options.failed(way, new Error(`${account.username} is not on the allow list`))
      const text = `${account.username} may not log in here. Whoever runs this mcpx can put the account on the allow list.`
      return this.#showLogin(interaction, response, text, 403)
    }
    await this.#loggedIn(request, response, account)
  }

  /** GET asks, POST does. */
  async logout(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = await this.#session(request, response)
    const user = session?.accountId
    if (request.method === 'POST') {
      await this.#form(request, `logout:${user ?? ''}`)
      if (user !== undefined) {
        await session?.destroy()
        await this.#options.storage.endBrowserGrants(user)
      }
      return redirect(response, '/logout')
    }
    const account = user === undefined ? undefined : await this.#options.accounts.find(user)
    const csrf = this.#csrf(`logout:${user ?? ''}`)
    send(response, 200, logoutPage(csrf, account?.username), pageHeaders())
  }

  /** The interaction of the URL, if the browser that asks is the one that began it. */
  async #open(request: IncomingMessage, response: ServerResponse, uid: string): Promise<Interaction> {
    const details = await this.#options
      .provider()
      .interactionDetails(request, response)
      .catch(() => undefined)
    if (details?.uid !== uid) throw expired('this login is over, or belongs to another browser')
    return details
  }

  async #session(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<{accountId?: string; destroy(): Promise<void>} | undefined> {
    const provider = this.#options.provider()
    const ctx = provider.createContext(request, response)
    return (await provider.Session.get(ctx)) as never
  }

  async #show(request: IncomingMessage, response: ServerResponse, interaction: Interaction): Promise<void> {
    if (interaction.prompt.name === 'login') return this.#showLogin(interaction, response)
    const clientId = String(interaction.params['client_id'])
    // mcpx itself asks, to log a browser in at a proxy: there is nobody else to consent to.
    if (clientId.startsWith('proxy:')) return this.#grant(request, response, interaction)
    const account = await this.#options.accounts.find(interaction.session?.accountId ?? '')
    const asker = await this.#asker(interaction)
    const html = consentPage({
      asker,
      clientId,
      uid: interaction.uid,
      csrf: this.#csrf(`interaction:${interaction.uid}`),
      user: account?.username ?? '',
      scopes: String(interaction.params['scope'] ?? '').split(' '),
      vouched: (await this.#options.storage.client(clientId))?.kind === 'registered',
    })
    send(response, 200, html, pageHeaders([formTarget(asker.redirectUri)]))
  }

  async #showLogin(
    interaction: Interaction,
    response: ServerResponse,
    error?: string,
    status = error === undefined ? 200 : 400,
  ): Promise<void> {
    const {upstreams, oidcName, adminToken} = this.#options
    const asker = await this.#asker(interaction)
    const html = loginPage({
      asker,
      uid: interaction.uid,
      csrf: this.#csrf(`interaction:${interaction.uid}`),
      github: upstreams.github !== undefined,
      oidc: upstreams.oidc && oidcName,
      token: adminToken !== undefined,
      error,
    })
    const elsewhere = await Promise.all(
      Object.values(upstreams).map(one => one.origin().catch(() => undefined)),
    )
    const targets = [formTarget(asker.redirectUri), ...elsewhere.filter(one => one !== undefined)]
    send(response, status, html, pageHeaders(targets))
  }

  async #asker({params}: Interaction): Promise<Asker> {
    const clientId = String(params['client_id'])
    const client = await this.#options.provider().Client.find(clientId)
    const resource = [params['resource']].flat()[0]
    const found =
      typeof resource === 'string' ? resourceMeant(this.#options.resources(), resource) : undefined
    return {
      name:
        plainName(client?.clientName ?? '') ||
        (clientId.startsWith('https:') ? new URL(clientId).host : 'A client without a name'),
      redirectUri: String(params['redirect_uri']),
      ...(found && {resource: found}),
    }
  }

  async #login(
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
    form: URLSearchParams,
  ): Promise<void> {
    const way = form.get('method')
    if (way === 'token') return this.#tokenLogin(request, response, interaction, form.get('token') ?? '')
    const upstream = way === 'github' || way === 'oidc' ? this.#options.upstreams[way] : undefined
    if (!upstream) throw new Refusal(400, 'invalid_request', 'there is no such way to log in')
    const departure = {state: random(), nonce: random(), verifier: random()}
    await this.#options.values.put(
      'Departure',
      departure.state,
      {...departure, uid: interaction.uid, way},
      departureLifetime,
    )
    try {
      redirect(response, (await upstream.begin(departure, this.callback)).href)
    } catch (error) {
      this.#options.failed(String(way), error as Error)
      const text = 'That login cannot be reached just now. Please try again later.'
      await this.#showLogin(interaction, response, text, 502)
    }
  }

  async #tokenLogin(
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
    token: string,
  ): Promise<void> {
    const {values, adminToken} = this.#options
    const text = 'That is not the admin token of this mcpx.'
    if ((await values.counted('admin-logins')) >= tokenFailures) {
      return this.#showLogin(interaction, response, 'Too many attempts. Please wait five minutes.', 429)
    }
    const name = await adminToken?.(token)
    if (name === undefined) {
      await values.count('admin-logins', 300)
      return this.#showLogin(interaction, response, text, 403)
    }
    await this.#loggedIn(request, response, {
      sub: `token:${name}`,
      login: 'token',
      username: name,
      email_verified: false,
      groups: [],
    })
  }

  async #loggedIn(request: IncomingMessage, response: ServerResponse, account: Account): Promise<void> {
    await this.#options.accounts.save(account)
    const result = {login: {accountId: account.sub, remember: true}}
    const next = await this.#options.provider().interactionResult(request, response, result, {
      mergeWithLastSubmission: false,
    })
    redirect(response, next)
  }

  async #consent(
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
    form: URLSearchParams,
  ): Promise<void> {
    if (form.get('action') === 'allow') return this.#grant(request, response, interaction)
    const result = {error: 'access_denied', error_description: 'the person did not allow it'}
    const next = await this.#options.provider().interactionResult(request, response, result)
    redirect(response, next)
  }

  async #grant(request: IncomingMessage, response: ServerResponse, interaction: Interaction): Promise<void> {
    const {provider, storage} = this.#options
    const {Grant, Client} = provider()
    const {session, params, prompt, grantId} = interaction
    const clientId = String(params['client_id'])
    const known = grantId === undefined ? undefined : await Grant.find(grantId)
    const grant = known ?? new Grant({accountId: session?.accountId as string, clientId})
    const {missingOIDCScope, missingOIDCClaims, missingResourceScopes} = prompt.details as {
      missingOIDCScope?: string[]
      missingOIDCClaims?: string[]
      missingResourceScopes?: Record<string, string[]>
    }
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
    if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims)
    for (const [uri, scopes] of Object.entries(missingResourceScopes ?? {}))
      grant.addResourceScope(uri, scopes.join(' '))
    const client = await Client.find(clientId)
    if (client && clientId.startsWith('https://')) await storage.noteDocument(client.metadata())
    const result = {consent: {grantId: await grant.save()}}
    const next = await provider().interactionResult(request, response, result, {
      mergeWithLastSubmission: true,
    })
    redirect(response, next)
  }

  /** The form, when it came from our own page in the same browser. */
  async #form(request: IncomingMessage, purpose: string): Promise<URLSearchParams> {
    const {origin} = request.headers
    if (origin !== undefined && origin !== this.#options.issuer)
      throw new Refusal(403, 'access_denied', `a form of ${origin} cannot be used here`)
    const form = new URLSearchParams(await readBody(request))
    const expected = Buffer.from(this.#csrf(purpose))
    const given = Buffer.from(form.get('csrf') ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new Refusal(403, 'access_denied', 'this form does not belong to this login')
    return form
  }

  #csrf(purpose: string): string {
    return createHmac('sha256', this.#options.secret).update(purpose).digest('base64url')
  }
}

const random = (): string => randomBytes(32).toString('base64url')

const expired = (detail: string): Refusal => new Refusal(400, 'expired', detail)

/** A page for a person, who reads what went wrong and how to go on. */
export function refusalPage(
  response: ServerResponse,
  refusal: {status: number; code: string; detail: string; headers?: Headers},
): void {
  const {title, hint, detail} = explanations[refusal.code] ?? {
    title: 'This login cannot go on',
    hint: 'Go back to the program you came from and connect again.',
  }
  const html = messagePage({title, detail: detail ?? sentence(refusal.detail), hint, code: refusal.code})
  send(response, refusal.status, html, {...pageHeaders(), ...refusal.headers})
}

/** `detail` stands in for the words of the library where those are for programmers. */
const explanations: Record<string, {title: string; hint: string; detail?: string}> = {
  expired: {
    title: 'This login is over',
    hint: 'Go back to the program you came from and connect again.',
  },
  site_login: {
    title: 'This login is over',
    hint: 'Open the page you wanted again.',
  },
  console_login: {
    title: 'You are not signed in',
    hint: 'Go back to the web UI and try again, or sign in with a token. Whoever runs this mcpx can add people to CONSOLE_ADMINS.',
  },
  invalid_client: {
    title: 'This client is not known here',
    detail: 'It was removed, or not used for long.',
    hint: 'Remove the server in the program you came from and add it again: it then registers anew.',
  },
  invalid_redirect_uri: {
    title: 'This client asks to be sent to a place it did not register',
    detail: 'To go there could give your login to somebody else, so it ends here.',
    hint: 'Remove the server in the program you came from and add it again. If you did not start this yourself, close the page.',
  },
  invalid_target: {
    title: 'This server is not known here',
    hint: 'Check the URL of the MCP server in the program you came from.',
  },
  server_error: {
    title: 'mcpx made a mistake',
    hint: 'Please try again. Whoever runs this mcpx finds the details in its log.',
  },
}

const sentence = (text: string): string => {
  const start = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(start) ? start : `${start}.`
}
