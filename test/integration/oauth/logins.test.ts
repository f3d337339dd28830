// Logins at GitHub and at an OpenID Connect provider (a second oidc-provider), with their allow lists and protections.
import {expect} from 'chai'
import {type Github, startGithub} from '../../support/github.ts'
import {
  askPort,
  claimsOf,
  exchange,
  Person,
  pkce,
  redirectUri,
  refresh,
  registerClient,
  startTestOAuth,
  type TestOAuth,
} from '../../support/oauth.ts'
import {startOidc} from '../../support/oidc.ts'

/** A person whose browser reaches every server of the test. */
const traveller = (): Person => new Person((url, sent = {}) => askPort(Number(new URL(url).port), url, sent))

async function begin(server: TestOAuth, client: string, person: Person, origins: string[]) {
  const {verifier, challenge} = pkce()
  const query = {client_id: client, redirect_uri: redirectUri, response_type: 'code', state: 's'}
  const url = `${server.issuer}/authorize?${new URLSearchParams({...query, code_challenge: challenge, code_challenge_method: 'S256'})}`
  return {verifier, page: await person.follow(url, origins)}
}

describe('logging in with GitHub', () => {
  let github: Github
  let server: TestOAuth
  let client: string
  let origins: string[]
  const open = async (environment: Record<string, string>): Promise<void> => {
    server = await startTestOAuth({
      GITHUB_URL: github.url,
      GITHUB_CLIENT_ID: github.clientId,
      GITHUB_CLIENT_SECRET: github.clientSecret,
      ...environment,
    })
    await server.protect('127.0.0.1', {endpoint: '/mcp'})
    client = await registerClient(server)
    origins = [server.issuer, github.url]
  }
  beforeEach(async () => {
    github = await startGithub({
      id: 7,
      login: 'Alice',
      name: 'Alice A',
      email: 'alice@example.com',
      orgs: ['acme'],
      teams: ['acme/tools'],
    })
  })
  afterEach(async () => {
    await server.close()
    await github.close()
  })

  const logIn = async (person = traveller()) => {
    const {verifier, page} = await begin(server, client, person, origins)
    return {verifier, person, page: await person.press(page, 'login', {method: 'github'}, origins)}
  }

  it('tells who it is, and keeps the token of GitHub to itself', async () => {
    await open({OAUTH_ALLOWED_GITHUB_USERS: 'alice'})
    const {verifier, person, page} = await logIn()
    expect(page.reply.text).to.contain('Allow Test client?').and.contain('Alice')
    const done = await person.press(page, 'consent', {action: 'allow'}, origins)
    const {json} = await exchange(server, client, {returned: done.reply.location as URL, verifier})
    expect(claimsOf(json.access_token)).to.deep.include({
      sub: 'github:7',
      username: 'Alice',
      name: 'Alice A',
      email: 'alice@example.com',
      groups: ['acme', 'acme/tools'],
    })
    expect(JSON.stringify(json)).to.not.contain(github.issued[0])
  })

  it('lets nobody in by default, and says so', async () => {
    await open({})
    const {page} = await logIn()
    expect(page.reply.status).to.equal(403)
    expect(page.reply.text).to.contain('Alice may not log in here')
  })

  it('compares names as a whole: neither a part nor a longer name is enough', async () => {
    await open({OAUTH_ALLOWED_GITHUB_USERS: 'ali, alice2, malice'})
    expect((await logIn()).page.reply.status).to.equal(403)
  })

  for (const [allowed, status] of [
    ['acme', 200],
    ['acme/tools', 200],
    ['acme/other', 403],
    ['ac', 403],
  ] as const) {
    it(`answers ${status} to a member of acme/tools when ${allowed} is allowed`, async () => {
      await open({OAUTH_ALLOWED_GITHUB_ORGS: allowed})
      expect((await logIn()).page.reply.status).to.equal(status)
    })
  }

  it('uses a state once, and only in the browser that began', async () => {
    await open({OAUTH_ALLOWED_GITHUB_USERS: '*'})
    const person = traveller()
    const {page} = await begin(server, client, person, origins)
    const left = await person.press(page, 'login', {method: 'github'}, [server.issuer])
    const atGithub = await person.visit(left.reply.location?.href ?? '')
    const back = atGithub.location?.href ?? ''
    expect((await traveller().visit(back)).status).to.equal(400)
    const {reply} = await begin(server, client, person, origins).then(({page: second}) =>
      person.press(second, 'login', {method: 'github'}, origins),
    )
    expect(reply.text).to.contain('Allow Test client?')
    expect((await person.visit(back)).status).to.equal(400)
    expect((await person.visit(`${server.issuer}/callback?code=x&state=made-up`)).text).to.contain(
      'This login is over',
    )
  })

  it('ends logins of people who are taken off the list', async () => {
    await open({OAUTH_ALLOWED_GITHUB_USERS: 'alice'})
    const {verifier, person, page} = await logIn()
    const done = await person.press(page, 'consent', {action: 'allow'}, origins)
    const {json} = await exchange(server, client, {returned: done.reply.location as URL, verifier})
    const account = await server.oauth.accounts.find('github:7')
    if (!account) throw new Error('not known')
    await server.oauth.accounts.save({...account, username: 'somebody-else', groups: []})
    expect((await refresh(server, client, json.refresh_token)).json.error).to.equal('invalid_grant')
  })
})

describe('logging in with an OpenID Connect provider', () => {
  let server: TestOAuth
  let client: string
  let stop: () => void
  let other: string

  beforeEach(async () => {
    const oidc = await startOidc()
    ;({url: other, close: stop} = oidc)
    server = await startTestOAuth({...oidc.environment, OAUTH_ALLOWED_OIDC_USERS: 'bob@example.com'})
    oidc.returnTo(`${server.issuer}/callback`)
    await server.protect('127.0.0.1', {endpoint: '/mcp'})
    client = await registerClient(server)
  })
  afterEach(async () => {
    await server.close()
    stop()
  })

  /** Through the other provider's own pages, as `login`. */
  const logIn = async (login: string) => {
    const person = traveller()
    const origins = [server.issuer, other]
    const {verifier, page} = await begin(server, client, person, origins)
    expect(page.reply.text).to.contain('Continue with Example Login')
    let at = await person.press(page, 'login', {method: 'oidc'}, origins)
    for (const prompt of ['login', 'consent']) {
      expect(at.url).to.contain(`${other}/interaction/`)
      at = await person.follow(at.url, origins, {form: {prompt, login, password: 'x'}})
    }
    return {verifier, person, origins, page: at}
  }

  it('tells who it is by its verified claims', async () => {
    const {verifier, person, origins, page} = await logIn('bob')
    expect(page.reply.text).to.contain('Allow Test client?')
    const done = await person.press(page, 'consent', {action: 'allow'}, origins)
    const {json} = await exchange(server, client, {returned: done.reply.location as URL, verifier})
    expect(claimsOf(json.access_token)).to.deep.include({
      sub: 'oidc:bob',
      username: 'bob',
      email: 'bob@example.com',
      groups: ['staff'],
    })
  })

  it('lets nobody in who is not listed', async () => {
    expect((await logIn('mallory')).page.reply.status).to.equal(403)
  })
})
