// Somebody at a real browser, who logs in with the admin token, allows the client, and lands where the client listens.
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import type {Browser, BrowserContext, Page} from 'playwright-core'

export interface PersonOptions {
  colorScheme?: 'light' | 'dark'
  width?: number
  /** Looks at each page before it is answered. */
  seen?: (page: Page, step: 'login' | 'consent') => Promise<void>
}

export class BrowserPerson {
  /** What the browser complained of. */
  readonly complaints: string[] = []
  readonly #context: BrowserContext
  readonly #page: Page
  readonly #seen: PersonOptions['seen']

  private constructor(context: BrowserContext, page: Page, seen: PersonOptions['seen']) {
    this.#context = context
    this.#page = page
    this.#seen = seen
    page.on('console', message => message.type() === 'error' && this.complaints.push(message.text()))
  }

  /** With a browser that knows nothing yet. */
  static async open(browser: Browser, {colorScheme = 'light', width = 1280, seen}: PersonOptions = {}) {
    const context = await browser.newContext({colorScheme, viewport: {width, height: 740}})
    return new BrowserPerson(context, await context.newPage(), seen)
  }

  get page(): Page {
    return this.#page
  }

  /** From where a client opens the browser to where that returns; answers the address it returned to. */
  async pass(url: URL, adminToken: string): Promise<URL> {
    const callback = url.searchParams.get('redirect_uri') ?? ''
    const page = this.#page
    const back = page.waitForRequest(request => request.url().startsWith(callback))
    await page.goto(url.href)
    if (await page.getByLabel('Admin token').count()) {
      await this.#seen?.(page, 'login')
      await page.getByLabel('Admin token').fill(adminToken)
      await page.keyboard.press('Enter')
      await page.waitForURL(to => to.href.startsWith(callback) || to.pathname.startsWith('/interaction/'))
    }
    const allow = page.locator('button[value=allow]')
    await Promise.race([back, allow.waitFor()])
    if (await allow.count()) {
      await this.#seen?.(page, 'consent')
      await allow.click()
    }
    const returned = new URL((await back).url())
    await page.waitForLoadState()
    return returned
  }

  close(): Promise<void> {
    return this.#context.close()
  }
}

/** Where a client on this machine listens for the browser. */
export class Callback {
  readonly #server: Server
  readonly url: string

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  }

  static async open(): Promise<Callback> {
    const server = createServer((_, response) => response.end('done'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new Callback(server)
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
