// A person with a real browser: logs in for an MCP client, allows it, and lands back in the program.
import {expect} from 'chai'
import type {Browser, Page} from 'playwright-core'
import {openBrowser} from '../support/browser.ts'
import {BrowserPerson, Callback, type PersonOptions} from '../support/browser-person.ts'
import {type Era, Inspector} from '../support/inspector.ts'
import {type McpServerProcess, startFixture} from '../support/mcp-servers.ts'
import {registerClient, startTestOAuth, type TestOAuth} from '../support/oauth.ts'
import {connectWithLogin, Keeper, type SdkKind} from '../support/oauth-clients.ts'
import {until} from '../support/until.ts'

describe('logging in with a browser', function () {
  this.timeout(60_000)
  let mcpx: TestOAuth
  let browser: Browser
  let backend: McpServerProcess
  let callback: Callback
  let url: string
  const people: BrowserPerson[] = []

  before(async () => {
    backend = await startFixture()
    mcpx = await startTestOAuth({}, {gateway: true})
    url = await mcpx.protect('127.0.0.1', {endpoint: '/mcp', target_url: new URL(backend.url).origin})
    browser = await openBrowser()
    callback = await Callback.open()
  })
  after(async () => {
    await browser?.close()
    callback?.close()
    await mcpx?.close()
    await backend?.stop()
  })
  afterEach(async () => {
    await Promise.all(people.splice(0).map(one => one.close()))
  })

  async function open(options: PersonOptions): Promise<BrowserPerson> {
    const person = await BrowserPerson.open(browser, options)
    people.push(person)
    return person
  }
  const fits = async (page: Page, width: number): Promise<void> => {
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(width)
    expect(await page.evaluate(() => document.documentElement.lang)).to.equal('en')
    expect(await page.locator('h1').count()).to.equal(1)
  }
  /** The newest session and its access tokens; of one second, in any order. */
  const session = async () => {
    const {values} = mcpx.oauth.storage
    const [id = ''] = await values.listed('sessions', 0, 1)
    const tokens = await values.listed(`granted-tokens:${id}`, 0, 10)
    return {id, tokens: tokens.map(token => token.split(' ')[1] ?? '')}
  }

  for (const [kind, colorScheme, width] of [
    ['v1', 'light', 1280],
    ['v2 legacy', 'dark', 360],
    ['v2 auto', 'light', 360],
    ['v2 modern', 'dark', 1280],
  ] as [SdkKind, 'light' | 'dark', number][]) {
    it(`takes an SDK ${kind} client through login and consent, ${colorScheme}, ${width} px wide`, async () => {
      const headings: (string | null)[] = []
      const person = await open({
        colorScheme,
        width,
        async seen(page, step) {
          headings.push(await page.textContent('h1'))
          await fits(page, width)
          if (step === 'login') return
          expect(await page.textContent('main'))
            .to.contain(url)
            .and.contain(callback.url)
            .and.contain('your own computer')
        },
      })
      const client = await connectWithLogin(kind, url, new Keeper(callback.url), to =>
        person.pass(to, mcpx.adminToken),
      )
      expect(headings).to.deep.equal(['Log in to continue', 'Allow SDK client?'])
      expect(await client.tools()).to.include('test_simple_text')
      await client.close()
      expect(person.complaints).to.deep.equal([])
    })
  }

  for (const era of ['legacy', 'auto', 'modern'] satisfies Era[]) {
    it(`takes the MCP Inspector (${era}) through login, refresh, and refusal once revoked`, async () => {
      const person = await open({})
      const inspector = new Inspector()
      const words = ['--protocol-era', era]
      const call = [
        '--method',
        'tools/call',
        '--tool-name',
        'test_simple_text',
        '--stored-auth-only',
        ...words,
      ]
      try {
        const listed = await inspector.run(url, ['--method', 'tools/list', ...words], async to => {
          await person.pass(to, mcpx.adminToken)
          return undefined
        })
        expect(listed.code, listed.stderr).to.equal(0)
        expect(listed.stdout).to.contain('test_simple_text')
        const first = await session()
        for (const jti of first.tokens) await mcpx.oauth.storage.revokeToken(jti)
        const called = await inspector.run(url, call)
        expect(called.code, called.stderr).to.equal(0)
        const second = await session()
        expect(second.id).to.equal(first.id)
        expect(second.tokens, 'a new token').to.satisfy((tokens: string[]) =>
          tokens.some(jti => !first.tokens.includes(jti)),
        )
        await mcpx.oauth.storage.revokeGrant(first.id)
        await until(async () => (await inspector.run(url, call)).code === 3, 'it has to log in again')
      } finally {
        inspector.close()
      }
    })
  }

  it('says how to go on when the client is gone, and when the token is wrong', async () => {
    const {page} = await open({width: 360})
    await page.goto(`${mcpx.issuer}/authorize?client_id=gone&response_type=code`)
    expect(await page.textContent('main'))
      .to.contain('not known here')
      .and.contain('add it again')
    await fits(page, 360)
    const client = await registerClient(mcpx, {redirect_uris: [callback.url]})
    const query = {
      client_id: client,
      redirect_uri: callback.url,
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
  })
})
