// `oauth setup`: what keeps people and clients from logging in, found from outside and with what to do about it.
import {createServer, type RequestListener, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {expect} from 'chai'
import type {OAuthCheck} from '../../../src/core/contract/oauth.ts'
import {startGithub} from '../../support/github.ts'
import {startTestOAuth, type TestOAuth} from '../../support/oauth.ts'

describe('oauth setup', () => {
  const cleanups: (() => unknown)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  async function start(...given: Parameters<typeof startTestOAuth>): Promise<TestOAuth> {
    const server = await startTestOAuth(...given)
    cleanups.push(() => server.close())
    return server
  }
  async function serve(listener: RequestListener): Promise<string> {
    const server: Server = createServer(listener)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  async function github(): Promise<Record<string, string>> {
    const one = await startGithub({id: 1, login: 'alice', name: null})
    cleanups.push(() => one.close())
    return {GITHUB_URL: one.url, GITHUB_CLIENT_ID: one.clientId, GITHUB_CLIENT_SECRET: one.clientSecret}
  }
  /** A provider that answers its discovery alone. */
  async function provider(change: object = {}): Promise<string> {
    const origin: string = await serve((_, response) => {
      const at = (path: string): string => `${origin}/${path}`
      const document = {
        issuer: origin,
        authorization_endpoint: at('a'),
        token_endpoint: at('t'),
        jwks_uri: at('j'),
        ...change,
      }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
    })
    return origin
  }
  async function looked(server: TestOAuth): Promise<{ok: boolean; by: Record<string, OAuthCheck>}> {
    const {ok, checks} = await server.oauth.setup()
    return {ok, by: Object.fromEntries(checks.map(one => [one.name, one]))}
  }

  it('finds nothing wrong where everything works, and says what to enter at the providers', async () => {
    const OIDC_ISSUER = await provider()
    const server = await start({
      ...(await github()),
      OAUTH_ALLOWED_GITHUB_USERS: 'alice',
      OIDC_ISSUER,
      OIDC_CLIENT_ID: 'mcpx',
      OAUTH_ALLOWED_OIDC_USERS: '*',
    })
    const {ok, checks, enter} = await server.oauth.setup()
    expect(ok, JSON.stringify(checks)).to.equal(true)
    expect(checks.map(({name}) => name)).to.deep.equal([
      'issuer',
      'metadata',
      'OpenID configuration',
      'signing key',
      'logins',
      'GitHub',
      'GitHub allow list',
      'OpenID Connect',
      'OpenID Connect allow list',
    ])
    expect(enter.map(({field, value}) => [field, value])).to.deep.equal([
      ['Homepage URL', server.issuer],
      ['Authorization callback URL', `${server.issuer}/callback`],
      ['Redirect URI', `${server.issuer}/callback`],
    ])
    expect(checks.filter(({warning}) => warning).map(({detail}) => detail)).to.deep.equal([
      'it is `*`: everybody there can log in here',
    ])
  })

  it('tells a wrong secret, a wrong issuer and an empty allow list, each with what to do', async () => {
    const OIDC_ISSUER = await provider({issuer: 'https://elsewhere.example'})
    const settings = {...(await github()), GITHUB_CLIENT_SECRET: 'old', OIDC_ISSUER, OIDC_CLIENT_ID: 'mcpx'}
    const {ok, by} = await looked(await start(settings))
    expect(ok).to.equal(false)
    expect(by['GitHub']).to.deep.include({ok: false})
    expect(by['GitHub']?.detail).to.contain('incorrect_client_credentials')
    expect(by['GitHub']?.hint).to.contain('secret')
    expect(by['OpenID Connect']).to.deep.include({ok: false})
    expect(by['OpenID Connect']?.hint).to.contain('OIDC_ISSUER')
    for (const name of ['GitHub allow list', 'OpenID Connect allow list'])
      expect(by[name]).to.deep.include({ok: true, warning: true})
    expect(by['GitHub allow list']?.hint).to.contain('OAUTH_ALLOWED_GITHUB_USERS')
  })

  it('tells a provider that cannot be reached, and a login that is half configured', async () => {
    const gone = await startGithub({id: 1, login: 'alice', name: null})
    await gone.close()
    const {by} = await looked(
      await start({
        GITHUB_URL: gone.url,
        GITHUB_CLIENT_ID: 'x',
        GITHUB_CLIENT_SECRET: 'y',
        OIDC_CLIENT_ID: 'mcpx',
      }),
    )
    expect(by['GitHub']).to.deep.include({ok: false})
    expect(by['GitHub']?.detail).to.contain('ECONNREFUSED')
    expect(by['OpenID Connect']).to.deep.include({
      ok: false,
      detail: 'OIDC_ISSUER or OIDC_CLIENT_ID is missing',
    })
  })

  it('tells that nobody can log in, that the name leads elsewhere, and that documents are changed on the way', async () => {
    const nobody = await looked(await start({}, {issuer: 'https://auth.invalid'}))
    expect(nobody.ok).to.equal(false)
    expect(nobody.by['logins']?.detail).to.contain('no login is configured')
    expect(nobody.by['metadata']?.detail).to.contain('auth.invalid')
    expect(nobody.by['metadata']?.hint).to.contain('certificate')
    expect(nobody.by).to.not.have.property('signing key')

    const stranger = await looked(
      await start({}, {issuer: await serve((_, response) => response.end('hello'))}),
    )
    expect(stranger.by['metadata']?.detail).to.contain('answers no JSON')

    let issuer = ''
    issuer = await serve((_, response) =>
      response.end(JSON.stringify({issuer, authorization_endpoint: 'http://inside:9000/authorize'})),
    )
    const changed = await looked(await start({}, {issuer}))
    expect(changed.by['metadata']?.detail).to.contain(
      'authorization_endpoint is http://inside:9000/authorize',
    )

    const other = await start()
    issuer = await serve((request, response) => {
      void other.ask(`${other.issuer}${request.url}`).then(({text}) => {
        response.end(text.replaceAll(other.issuer, issuer))
      })
    })
    const mixed = await looked(await start({}, {issuer}))
    expect(mixed.by['metadata']).to.include({ok: true})
    expect(mixed.by['signing key']?.detail).to.contain('lacks the key that signs')
  })
})
