// A person with a real browser: logs in for an MCP client, allows it, and lands back in the program.
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {expect} from 'chai'
import type {Browser, Page} from 'playwright-core'
import {openBrowser} from '../support/browser.ts'
import {type McpServerProcess, startEchoStateful} from '../support/mcp-servers.ts'
import {registerClient, startTestOAuth, type TestOAuth} from '../support/oauth.ts'
import {connectWithLogin, Keeper, type SdkKind} from '../support/oauth-clients.ts'

describe('logging in with a browser', function () {
  this.timeout(60_000)
  let mcpx: TestOAuth
  let browser: Browser
  let echo: McpServerProcess
  let program: Server
  let callback: string
  let returned: PromiseWithResolvers<URL>
  let url: string

  before(async () => {
    echo = await startEchoStateful()
    mcpx = await startTestOAuth({}, {gateway: true})
    url = await mcpx.protect('127.0.0.1', {endpoint: '/mcp', target_url: new URL(echo.url).origin})
    browser = await openBrowser()
    program = createServer((request, response) => {
      response.end('done')
      returned.resolve(new URL(request.url ?? '/', callback))
    })
    await new Promise<void>(resolve => program.listen(0, '127.0.0.1', resolve))
    callback = `http://127.0.0.1:${(program.address() as AddressInfo).port}/callback`
  })
  after(async () => {
    await browser?.close()
    program?.closeAllConnections()
    program?.close()
    await mcpx?.close()
    await echo?.stop()
  })
  beforeEach(() => {
    returned = Promise.withResolvers()
  })

  const open = async (
    colorScheme: 'light' | 'dark',
    width: number,
  ): Promise<{page: Page; complaints: string[]}> => {
    const context = await browser.newContext({colorScheme, viewport: {width, height: 740}})
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
    return {page, complaints}
  }
  const fits = async (page: Page, width: number): Promise<void> => {
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(width)
    expect(await page.evaluate(() => document.documentElement.lang)).to.equal('en')
    expect(await page.locator('h1').count()).to.equal(1)
  }

  for (const [kind, scheme, width] of [
    ['v1', 'light', 1280],
    ['v2 legacy', 'dark', 360],
  ] as [SdkKind, 'light' | 'dark', number][]) {
    it(`takes an SDK ${kind} client through login and consent, ${scheme}, ${width} px wide`, async () => {
      const {page, complaints} = await open(scheme, width)
      const client = await connectWithLogin(kind, url, new Keeper(callback), async to => {
        await page.goto(to.href)
        expect(await page.textContent('h1')).to.equal('Log in to continue')
        await fits(page, width)
        await page.getByLabel('Admin token').fill(mcpx.adminToken)
        await page.keyboard.press('Enter')
        await page.waitForSelector('button[value=allow]')
        expect(await page.textContent('h1')).to.equal('Allow SDK client?')
        expect(await page.textContent('main'))
          .to.contain(url)
          .and.contain(callback)
          .and.contain('your own computer')
        await fits(page, width)
        await page.getByRole('button', {name: 'Allow'}).click()
        return returned.promise
      })
      expect(await client.tools()).to.include('echo')
      await client.close()
      expect(complaints).to.deep.equal([])
      await page.context().close()
    })
  }

  it('says how to go on when the client is gone, and when the token is wrong', async () => {
    const {page} = await open('light', 360)
    await page.goto(`${mcpx.issuer}/authorize?client_id=gone&response_type=code`)
    expect(await page.textContent('main'))
      .to.contain('not known here')
      .and.contain('add it again')
    await fits(page, 360)
    const client = await registerClient(mcpx, {redirect_uris: [callback]})
    const query = {
      client_id: client,
      redirect_uri: callback,
      response_type: 'code',
      code_challenge: 'x'.repeat(43),
    }
    await page.goto(
      `${mcpx.issuer}/authorize?${new URLSearchParams({...query, code_challenge_method: 'S256'})}`,
    )
    await page.getByLabel('Admin token').fill('wrong')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=alert]')
    expect(await page.getByLabel('Admin token').getAttribute('aria-invalid')).to.equal('true')
    await page.context().close()
  })
})
