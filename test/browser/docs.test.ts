// Swagger UI in a real browser.
import {expect} from 'chai'
import type {Browser, Page} from 'playwright-core'
import {openBrowser} from '../support/browser.ts'
import {startServer, type TestServer} from '../support/server.ts'
import {until} from '../support/until.ts'

describe('the API documentation in a browser', function () {
  this.timeout(60_000)
  let mcpx: TestServer
  let browser: Browser
  before(async () => {
    mcpx = await startServer()
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await mcpx?.stop()
  })

  /** Opens a page; what the browser complains about (errors, a breach of the content policy) is gathered. */
  async function open(path: string, width: number): Promise<{page: Page; complaints: string[]}> {
    const page = await browser.newPage({viewport: {width, height: 800}})
    const complaints: string[] = []
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(error.message))
    await page.goto(mcpx.url + path)
    return {page, complaints}
  }

  it('shows Swagger UI with every group of operations, within its content policy', async () => {
    const {page, complaints} = await open('/docs', 1280)
    await page.waitForSelector('.opblock-tag[data-tag="proxy"]')
    const seen = new Set<string | null>()
    const gather = async (): Promise<boolean> => {
      const groups = await page.$$eval('.opblock-tag', tags => tags.map(tag => tag.getAttribute('data-tag')))
      for (const group of groups) seen.add(group)
      await page.mouse.wheel(0, 500)
      return ['token', 'proxy', 'route', 'instance', 'health', 'demo'].every(group => seen.has(group))
    }
    // Groups are made as one scrolls to them.
    await until(gather, 'every group is shown', 20_000, 50)
    await page.click('.opblock-summary-control')
    await page.waitForSelector('.opblock-body')
    expect(complaints).to.deep.equal([])
  })
})
