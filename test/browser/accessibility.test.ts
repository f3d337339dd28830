// Every page and window of the web UI: WCAG 2.2 AA by axe-core in both themes, and nothing to scroll sideways from 360 px on.
import {expect} from 'chai'
import type {BrowserContext, Page} from 'playwright-core'
import {violations} from '../support/accessibility.ts'
import {fill, goTo, openWeb, pages, turnTo, type Web} from '../support/web.ts'
import {closeWindow, windows} from '../support/windows.ts'

/** As far apart as text must bear to be set (WCAG 1.4.12). */
const spaced =
  '* {line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important}'

describe('the web UI for everybody', function () {
  this.timeout(300_000)
  let web: Web
  let all: [name: string, path: string][]
  before(async () => {
    web = await openWeb()
    all = Object.entries({...pages, ...(await fill(web))})
  })
  after(() => web?.close())

  const signedIn = async (options: object): Promise<{page: Page; context: BrowserContext}> => {
    const {storage} = await web.signedState()
    const context = await web.browser.newContext({storageState: storage, bypassCSP: true, ...options})
    return {page: await context.newPage(), context}
  }

  it('lets people sign in', async () => {
    const context = await web.browser.newContext({bypassCSP: true})
    const page = await context.newPage()
    await page.goto(web.server.url)
    await page.waitForSelector('#token')
    expect(await violations(page)).to.deep.equal([])
    await context.close()
  })

  for (const theme of ['light', 'dark'] as const) {
    it(`has no violation on any page, ${theme}`, async () => {
      const {page, context} = await signedIn({colorScheme: theme, viewport: {width: 1280, height: 900}})
      const found: Record<string, string[]> = {}
      await goTo(page, web.server.url)
      for (const [name, path] of all) {
        await turnTo(page, path)
        const one = await violations(page)
        if (one.length > 0) found[name] = one
      }
      for (const [name, [path, open]] of Object.entries(windows)) {
        await turnTo(page, path)
        await open(page)
        await page.waitForSelector('dialog')
        const one = await violations(page)
        if (one.length > 0) found[name] = one
        await closeWindow(page)
      }
      expect(found).to.deep.equal({})
      await context.close()
    })
  }

  for (const [width, style, how] of [
    [360, spaced, ' with text spaced out'],
    [3840, '', ''],
  ] as const) {
    it(`fits on every page, ${width} px wide${how}`, async () => {
      const {page, context} = await signedIn({viewport: {width, height: 900}})
      await goTo(page, web.server.url)
      if (style) await page.addStyleTag({content: style})
      for (const [name, path] of all) {
        await turnTo(page, path)
        expect(await page.evaluate(() => document.documentElement.scrollWidth), name).to.be.at.most(width)
      }
      await context.close()
    })
  }
})
