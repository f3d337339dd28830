// Official SDK clients that log in by themselves, with a person who follows the browser they open.
import {Client, StreamableHTTPClientTransport, UnauthorizedError} from '@modelcontextprotocol/client'
import {UnauthorizedError as UnauthorizedErrorV1} from '@modelcontextprotocol/sdk/client/auth.js'
import {Client as ClientV1} from '@modelcontextprotocol/sdk/client/index.js'
import {StreamableHTTPClientTransport as TransportV1} from '@modelcontextprotocol/sdk/client/streamableHttp.js'

/** What the SDKs keep of a login. */
export class Keeper {
  readonly redirectUrl: string
  readonly clientMetadataUrl: string | undefined
  authorizeUrl: URL | undefined
  #client: unknown
  #verifier = ''
  // biome-ignore lint/suspicious/noExplicitAny: the SDKs give and take it
  kept: any
  #discovery: unknown

  constructor(redirectUrl: string, clientMetadataUrl?: string) {
    this.redirectUrl = redirectUrl
    this.clientMetadataUrl = clientMetadataUrl
  }

  get clientMetadata() {
    return {
      client_name: 'SDK client',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }
  }
  clientInformation = (): never => this.#client as never
  saveClientInformation = (client: unknown): void => {
    this.#client = client
  }
  tokens = (): never => this.kept as never
  saveTokens = (tokens: unknown): void => {
    this.kept = tokens
  }
  redirectToAuthorization = (url: URL): void => {
    this.authorizeUrl = url
  }
  saveCodeVerifier = (verifier: string): void => {
    this.#verifier = verifier
  }
  codeVerifier = (): string => this.#verifier
  saveDiscoveryState = (state: unknown): void => {
    this.#discovery = state
  }
  discoveryState = (): never => this.#discovery as never
  invalidateCredentials = (): void => {
    this.kept = undefined
  }
}

export type SdkKind = 'v1' | 'v2 legacy' | 'v2 auto' | 'v2 modern'

export interface LoggedIn {
  keeper: Keeper
  tools(): Promise<string[]>
  call(name: string, args: Record<string, unknown>): Promise<string>
  close(): Promise<void>
}

const modes = {'v2 legacy': 'legacy', 'v2 auto': 'auto', 'v2 modern': {pin: '2026-07-28'}} as const
const info = {name: 'mcpx-test', version: '1.0.0'}

/** Connect; when that needs a login, `visit` takes the browser from the address it opens to where it returns. */
export async function connectWithLogin(
  kind: SdkKind,
  url: string,
  keeper: Keeper,
  visit: (url: URL) => Promise<URL>,
): Promise<LoggedIn> {
  const open = async (): Promise<{
    finish: (returned: URL) => Promise<void>
    ready: Promise<Omit<LoggedIn, 'keeper'>>
  }> => (kind === 'v1' ? openV1(url, keeper) : openV2(kind, url, keeper))
  const first = await open()
  try {
    return {keeper, ...(await first.ready)}
  } catch (error) {
    if (!(error instanceof UnauthorizedError || error instanceof UnauthorizedErrorV1)) throw error
  }
  if (!keeper.authorizeUrl) throw new Error('the client did not open a browser')
  await first.finish(await visit(keeper.authorizeUrl))
  return {keeper, ...(await (await open()).ready)}
}

function openV1(url: string, keeper: Keeper) {
  const transport = new TransportV1(new URL(url), {authProvider: keeper as never})
  const client = new ClientV1(info)
  const face = {
    tools: async () => (await client.listTools()).tools.map(({name}) => name),
    call: async (name: string, args: Record<string, unknown>) =>
      JSON.stringify(await client.callTool({name, arguments: args})),
    close: () => client.close(),
  }
  return {
    finish: (returned: URL) => transport.finishAuth(returned.searchParams.get('code') ?? ''),
    ready: client.connect(transport as never).then(() => face),
  }
}

function openV2(kind: Exclude<SdkKind, 'v1'>, url: string, keeper: Keeper) {
  const transport = new StreamableHTTPClientTransport(new URL(url), {authProvider: keeper as never})
  const client = new Client(info, {versionNegotiation: {mode: modes[kind]}})
  const face = {
    tools: async () => (await client.listTools()).tools.map(({name}) => name),
    call: async (name: string, args: Record<string, unknown>) =>
      JSON.stringify(await client.callTool({name, arguments: args})),
    close: () => client.close(),
  }
  return {
    finish: (returned: URL) => transport.finishAuth(returned.searchParams),
    ready: client.connect(transport).then(() => face),
  }
}
