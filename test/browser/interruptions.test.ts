// What comes between somebody and their work: leaving a form half filled, a session that ends, a server or a Redis that is away.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import type {Browser, BrowserContext, Dialog, Page} from 'playwright-core'
import {findRedisServer, launchPrivateRedis} from '../../src/core/store/private-redis.ts'
import {violations} from '../support/accessibility.ts'
import {openBrowser} from '../support/browser.ts'
import {freePort} from '../support/free-port.ts'
import {startServer, type TestServer} from '../support/server.ts'
import {goTo} from '../support/web.ts'

type Redis = Awaited<ReturnType<typeof launchPrivateRedis>>

describe('in the web UI, whoever is interrupted', function () {
  this.timeout(120_000)
  const home = mkdtempSync(join(tmpdir(), 'mcpx-interrupted-'))
  const place = {directory: join(home, 'redis'), socket: join(home, 'redis.sock')}
  let env: Record<string, string>
  let redis: Redis
  let server: TestServer
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const launch = (): Promise<Redis> =>
    launchPrivateRedis(findRedisServer(), place, new AbortController().signal)

  before(async () => {
    redis = await launch()
    env = {HTTP_PORT: String(await freePort()), REDIS_URL: `unix://${place.socket}`}
    server = await startServer({home, env})
    browser = await openBrowser()
    context = await browser.newContext({bypassCSP: true})
    page = await context.newPage()
    page.setDefaultTimeout(30_000)
    await page.goto(server.url)
    await signIn(page)
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
    await redis?.stop()
    rmSync(home, {recursive: true, force: true})
  })

  const signIn = async (where: Page): Promise<void> => {
    await where.fill('#token', server.adminToken)
    await where.press('#token', 'Enter')
    await where.waitForSelector('.link-state.live')
  }
  const open = (path: string): Promise<void> => goTo(page, server.url + path)
  const register = async (name: string): Promise<void> => {
    const answer = await fetch(`${server.url}/api/v1/instances`, {
      method: 'POST',
      headers: {authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json'},
      body: JSON.stringify({name, target_url: 'http://127.0.0.1:1'}),
    })
    expect(answer.status).to.equal(201)
  }
  const asked = (): Promise<unknown> => page.waitForSelector('dialog[open] >> text=Leave without saving?')
  const typed = (): Promise<string> => page.inputValue('#f-name')

  describe('by leaving a form half filled', () => {
    beforeEach(async () => {
      await open('/console/instances')
      await page.click('text=Register instance')
      await page.waitForURL('**/console/instances/new')
    })

    it('is asked at links, and stays or leaves by keyboard', async () => {
      await page.fill('#f-name', 'half')
      await page.click('nav >> text=Routes')
      await asked()
      expect(await violations(page)).to.deep.equal([])
      await page.keyboard.press('Escape')
      await page.waitForSelector('dialog[open]', {state: 'detached'})
      expect(await typed()).to.equal('half')
      await page.click('nav >> text=Routes')
      await asked()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.waitForURL('**/console/routes')
    })

    it('is asked at the button of the browser that goes back', async () => {
      await page.fill('#f-name', 'half')
      await page.goBack()
      await asked()
      expect(page.url()).to.match(/instances\/new$/)
      await page.click('dialog >> text=Stay')
      expect(await typed()).to.equal('half')
      await page.goBack()
      await asked()
      await page.getByRole('button', {name: 'Leave', exact: true}).click()
      await page.waitForURL('**/console/instances')
      await page.waitForSelector('h1 >> text=Instances')
      await page.goForward()
      await page.waitForURL('**/console/instances/new')
    })

    it('is asked by the browser when the page is closed, and only then', async () => {
      const seen: string[] = []
      const note = (dialog: Dialog): void => {
        seen.push(dialog.type())
        void dialog.accept()
      }
      page.on('dialog', note)
      await page.reload()
      expect(seen).to.deep.equal([])
      await page.fill('#f-name', 'half')
      await page.reload()
      expect(seen).to.deep.equal(['beforeunload'])
      page.off('dialog', note)
    })

    it('is not asked after it was saved, put back as it was, or cancelled', async () => {
      await page.fill('#f-name', 'half')
      await page.fill('#f-name', '')
      await page.click('nav >> text=Routes')
      await page.waitForURL('**/console/routes')
      await page.goBack()
      await page.waitForURL('**/console/instances/new')
      await page.fill('#f-name', 'half')
      await page.click('form >> text=Cancel')
      await page.waitForURL('**/console/instances')
      await register('whole')
      await open('/console/instances/whole/settings')
      for (const text of ['once', 'twice']) {
        await page.fill('#f-description', text)
        await page.click('form >> text=Save')
        await page.waitForSelector('form button[type=submit]:disabled >> text=Save')
      }
      await page.click('nav >> text=Routes')
      await page.waitForURL('**/console/routes')
    })
  })

  describe('by the end of the session', () => {
    it('signs in again in place, and finds what was typed', async () => {
      await open('/console/instances/new')
      await page.fill('#f-name', 'kept')
      const other = await (await browser.newContext()).newPage()
      await other.goto(`${server.url}/console/settings`)
      await signIn(other)
      await other.click('text=Sign out everywhere')
      await page.waitForSelector('dialog[open] >> text=Your session has ended')
      await other.context().close()
      expect(await page.isVisible('#f-name')).to.equal(false)
      expect(await violations(page)).to.deep.equal([])
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
      await page.waitForSelector('#token')
      expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).to.not.contain('kept')
      await signIn(page)
      expect(await typed()).to.equal('kept')
      await page.fill('#f-target_url', 'http://127.0.0.1:1')
      await page.click('form >> text=Register instance')
      await page.waitForURL('**/console/instances/kept')
    })

    it('shows nothing of it to somebody else who signs in then', async () => {
      await open('/console/instances/new')
      await page.fill('#f-name', 'mine')
      const answer = await fetch(`${server.url}/api/v1/tokens`, {
        method: 'POST',
        headers: {authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json'},
        body: JSON.stringify({name: 'guest'}),
      })
      const {token} = (await answer.json()) as {token: string}
      await context.clearCookies()
      await page.waitForSelector('.link-state.live')
      await page.evaluate(() => dispatchEvent(new Event('online')))
      await page.click('text=Register instance >> nth=-1')
      await page.fill('#f-target_url', 'http://127.0.0.1:1')
      await page.click('form >> text=Register instance')
      await page.waitForSelector('dialog[open] >> text=Your session has ended')
      await page.fill('#token', token)
      await page.press('#token', 'Enter')
      await page.waitForSelector('.person >> text=guest')
      expect(await typed()).to.equal('')
      await context.clearCookies()
    })
  })

  describe('by a server that goes away', () => {
    const lost = (text: string): Promise<unknown> => page.waitForSelector(`.trouble >> text=${text}`)
    const back = async (name: string): Promise<void> => {
      await page.waitForSelector('.link-state.live')
      await page.waitForSelector('.trouble p', {state: 'detached'})
      await page.waitForSelector(`tbody >> text=${name}`)
      expect(await page.evaluate(() => (globalThis as {untouched?: boolean}).untouched)).to.equal(true)
    }
    before(async () => {
      await context.clearCookies()
      await page.evaluate(() => localStorage.clear())
      await page.goto(`${server.url}/console/instances`)
      await signIn(page)
      await page.waitForSelector('tbody >> text=kept')
      await page.evaluate(() => Object.assign(globalThis, {untouched: true}))
    })

    it('is told so, and goes on without loading anew once it is back', async () => {
      await server.stop()
      await lost('mcpx does not answer')
      expect(await page.isVisible('tbody >> text=kept')).to.equal(true)
      expect(await violations(page)).to.deep.equal([])
      server = await startServer({home, env})
      await register('after-the-restart')
      await page.click('.trouble >> text=Try now').catch(() => {})
      await back('after-the-restart')
    })

    it('is told so when it is Redis that does not answer', async () => {
      await redis.stop()
      await lost('Redis does not answer')
      redis = await launch()
      await back('after-the-restart')
      await register('after-redis')
      await back('after-redis')
    })

    it('signs in again where the server lost the session, and is where they were', async () => {
      await server.stop()
      await redis.stop()
      rmSync(place.directory, {recursive: true})
      redis = await launch()
      server = await startServer({home, env})
      await page.waitForSelector('dialog[open] >> text=Your session has ended')
      await signIn(page)
      expect(page.url()).to.equal(`${server.url}/console/instances`)
      await page.waitForSelector('text=No instances yet')
    })
  })
})
