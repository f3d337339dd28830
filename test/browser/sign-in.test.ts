// Signing in to the web UI by a login elsewhere, over HTTPS: who may, and what the browser keeps.
import {expect} from 'chai'
import type {Browser, BrowserContext, Page} from 'playwright-core'
import {openBrowser} from '../support/browser.ts'
import {freePort} from '../support/free-port.ts'
import {type Github, startGithub} from '../support/github.ts'
import {HttpsServer} from '../support/https-server.ts'

describe('signing in by GitHub', function () {
  this.timeout(60_000)
  let github: Github
  let mcpx: HttpsServer
  let browser: Browser
  let origin: string
  before(async () => {
    github = await startGithub({id: 7, login: 'octo', name: 'Octo'})
    origin = `https://localhost:${await freePort()}`
    mcpx = await HttpsServer.start({
      env: {
        HTTPS_PORT: new URL(origin).port,
        OAUTH_ISSUER: origin,
        ...github.environment,
        OAUTH_ALLOWED_GITHUB_USERS: '*',
        CONSOLE_ADMINS: 'github:Octo, oidc:jane@example.com',
      },
    })
    await mcpx.settled('localhost')
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await mcpx?.stop()
    await github?.close()
  })
  beforeEach(() => {
    github.user = {id: 7, login: 'octo', name: 'Octo'}
  })

  const visit = async (path: string): Promise<{page: Page; context: BrowserContext}> => {
    const context = await browser.newContext({ignoreHTTPSErrors: true})
    const page = await context.newPage()
    await page.goto(origin + path)
    return {page, context}
  }

  it('lets a person named as admin in, to the page that was wanted, with a `__Host-` cookie', async () => {
    const {page, context} = await visit('/console/proxies')
    await page.getByRole('button', {name: 'Continue with GitHub'}).click()
    await page.waitForSelector('.link-state.live')
    await page.waitForURL('**/console/proxies')
    expect(await page.textContent('.person summary')).to.equal('octo')
    expect(page.url()).not.to.contain('link')
    const kept = (await context.cookies()).filter(({name}) => name.startsWith('__Host-mcpx'))
    expect(
      kept.map(({name, secure, httpOnly, sameSite}) => [name, secure, httpOnly, sameSite]),
    ).to.deep.equal([['__Host-mcpx', true, true, 'Strict']])
    await page.getByRole('link', {name: 'New proxy'}).first().click()
    await page.fill('#f-hostname', 'octos.localhost')
    await page.fill('#f-target_url', 'http://127.0.0.1:1')
    await page.locator('form button[type=submit]').first().click()
    await page.waitForSelector('h1 >> text=octos.localhost')
    expect((await mcpx.api('GET', '/proxy/targets/octos.localhost')).body.owner).to.equal('ADMIN')
    await context.close()
  })

  it('ends every session of the person, and nobody else’s, when asked', async () => {
    const [one, two, other] = [await visit('/'), await visit('/'), await visit('/')]
    for (const {page} of [one, two]) {
      await page.getByRole('button', {name: 'Continue with GitHub'}).click()
      await page.waitForSelector('.link-state.live')
    }
    await other.page.fill('#token', mcpx.server.adminToken)
    await other.page.press('#token', 'Enter')
    await other.page.waitForSelector('.link-state.live')
    await one.page.goto(`${origin}/console/settings`)
    await one.page.click('text=Sign out everywhere')
    await one.page.waitForSelector('#token')
    await two.page.goto(`${origin}/console/proxies`)
    await two.page.waitForSelector('#token')
    await other.page.goto(`${origin}/console/proxies`)
    await other.page.waitForSelector('.link-state.live')
    for (const {context} of [one, two, other]) await context.close()
  })

  it('sends everybody else away, although the login is good for proxies', async () => {
    github.user = {id: 8, login: 'eve', name: 'Eve'}
    const {page, context} = await visit('/')
    await page.getByRole('button', {name: 'Continue with GitHub'}).click()
    await page.waitForSelector('text=eve may not sign in to the web UI')
    await page.goto(`${origin}/console/proxies`)
    await page.waitForSelector('#token')
    expect(await page.textContent('.sign-in')).to.contain('named the file it is in')
    await context.close()
  })

  it('gives the session to no browser but the one that began', async () => {
    const {page, context} = await visit('/')
    const left = page.waitForRequest(/\/login\/oauth\/authorize/)
    await page.route(`${github.url}/**`, route => route.abort())
    await page.getByRole('button', {name: 'Continue with GitHub'}).click()
    let link = (await left).url()
    for (const _ of ['GitHub', 'mcpx'])
      link = (await context.request.get(link, {maxRedirects: 0})).headers()['location'] ?? ''
    expect(link).to.match(new RegExp(`^${origin}/#link=mcl_`))
    const stolen = await visit('/')
    await stolen.page.goto(link)
    await stolen.page.reload()
    await stolen.page.waitForSelector('text=The link works no more')
    await stolen.context.close()
    await context.close()
  })

  it('offers no login that nobody was named for', async () => {
    const {page, context} = await visit('/')
    await page.getByRole('button', {name: 'Continue with GitHub'}).waitFor()
    expect(await page.getByRole('button', {name: /Continue with/}).count()).to.equal(1)
    await context.close()
  })
})
