// Who got in, by what, and how that ends: grants, the login of each request, and signing in at an OpenID Connect provider.
import {expect} from 'chai'
import type {Page} from 'playwright-core'
import {type Oidc, startOidc} from '../support/oidc.ts'
import {goTo, logInto, openWeb, type Web} from '../support/web.ts'

describe('access in the web UI', function () {
  this.timeout(60_000)
  let web: Web
  let oidc: Oidc
  let page: Page
  let complaints: string[]
  before(async () => {
    oidc = await startOidc()
    web = await openWeb({...oidc.environment, CONSOLE_ADMINS: 'oidc:jane@example.com'})
    oidc.returnTo(`${web.server.url}/callback`)
    ;({page, complaints} = await web.signedIn())
    page.setDefaultTimeout(20_000)
    const target_url = `http://127.0.0.1:${web.upstream}`
    for (const name of ['notes', 'plain', 'lenient'])
      await web.api('POST', '/proxy/targets', {hostname: `${name}.localhost`, target_url})
    await web.api('POST', '/proxy/targets/notes.localhost/mcp', {})
    await web.api('POST', '/proxy/targets/lenient.localhost/auth', {mode: 'passthrough'})
  })
  after(async () => {
    await web?.close()
    oidc?.close()
  })
  afterEach(() => expect(complaints.splice(0)).to.deep.equal([]))

  const open = (path: string): Promise<void> => goTo(page, web.server.url + path)

  it('tells of each request whether a login was needed, and whose it was', async () => {
    const {access_token} = await logInto(web, 'notes.localhost', 'Claude')
    const authorization = `Bearer ${access_token}`
    await web.visit('plain.localhost', '/one')
    await web.visit('lenient.localhost', '/two')
    await web.visit('notes.localhost', '/mcp', {headers: {authorization}})
    await web.visit('notes.localhost', '/mcp/wrong', {headers: {authorization: 'Bearer wrong'}})
    await open('/console/requests')
    for (const [request, decision] of [
      ['plain.localhost/one', 'no login is needed here'],
      ['lenient.localhost/two', 'let through without a login'],
      ['notes.localhost/mcp/wrong', 'refused'],
      ['notes.localhost/mcp', 'granted, to ADMIN'],
    ] as const) {
      await page.locator('.request', {hasText: new RegExp(`${request}$`)}).click()
      const login = page.locator('dialog[open] .facts > div', {has: page.locator('dt', {hasText: 'Login'})})
      expect(await login.locator('dd').textContent(), request).to.equal(decision)
      if (decision === 'granted, to ADMIN') break
      await page.keyboard.press('Escape')
      await page.waitForSelector('dialog', {state: 'detached'})
    }
    await page.locator('dialog .facts > div', {hasText: 'Client'}).getByRole('link').click()
    await page.waitForSelector('h1 >> text=Claude')
  })

  it('shows what was agreed to, by client and by user, and ends one of them alone', async () => {
    const [one, two] = [
      await logInto(web, 'notes.localhost', 'First client'),
      await logInto(web, 'notes.localhost', 'Second client'),
    ]
    await open(`/console/oauth-clients/${one.client}/grants`)
    const row = page.locator('tbody tr')
    expect(await row.count()).to.equal(1)
    expect(await row.textContent())
      .to.contain('ADMIN')
      .and.contain(`http://notes.localhost:${web.server.port}/mcp`)
      .and.contain('mcp:read, mcp:write')
    await row.getByRole('button', {name: 'Revoke'}).click()
    await page.fill('dialog input', 'ADMIN')
    await page.click('dialog button.danger')
    await page.waitForSelector('text=Nobody has agreed to this client yet')
    await open(`/console/oauth-sessions/${two.session}/grants`)
    await page.locator('tbody tr', {hasText: 'Second client'}).waitFor()
    expect(await page.locator('tbody tr', {hasText: 'First client'}).count()).to.equal(0)
    await open('/console/oauth-tokens')
    await page.locator('tbody tr', {hasText: 'Second client'}).waitFor()
    const tokens = (await web.api('GET', '/oauth/tokens')) as {items: {jti: string; active: boolean}[]}
    const isActive = (jti: string): boolean => tokens.items.some(token => token.jti === jti && token.active)
    expect([isActive(one.jti), isActive(two.jti)]).to.deep.equal([false, true])
  })

  describe('signing in at an OpenID Connect provider', () => {
    const signIn = async (login: string): Promise<Page> => {
      const person = await (await web.browser.newContext()).newPage()
      await person.goto(`${web.server.url}/console/proxies`)
      await person.getByRole('button', {name: 'Continue with Example Login'}).click()
      await person.fill('[name=login]', login)
      await person.fill('[name=password]', 'any')
      await person.press('[name=password]', 'Enter')
      await person.getByRole('button', {name: 'Continue'}).click()
      return person
    }

    it('lets a person named as admin in, to the page that was wanted', async () => {
      const person = await signIn('jane')
      await person.waitForSelector('tbody >> text=notes.localhost')
      expect(person.url()).to.equal(`${web.server.url}/console/proxies`)
      expect(await person.textContent('.person summary')).to.equal('jane')
      await person.context().close()
    })

    it('sends everybody else away', async () => {
      const person = await signIn('mallory')
      await person.waitForSelector('text=mallory may not sign in to the web UI')
      await person.context().close()
    })
  })
})
