// The web UI for whoever may not do everything, and over a network that is slow.
import {expect} from 'chai'
import type {Page, Request} from 'playwright-core'
import {goTo, openWeb, turnTo, type Web} from '../support/web.ts'

/** Presses a button twice in a row. */
const twice = (button: Element): void => {
  for (let times = 0; times < 2; times++) (button as HTMLElement).click()
}

describe('the web UI', function () {
  this.timeout(60_000)
  let web: Web
  before(async () => {
    web = await openWeb()
  })
  after(() => web?.close())

  describe('for a token that is not admin', () => {
    let page: Page
    let complaints: string[]
    before(async () => {
      const {token} = (await web.api('POST', '/tokens', {name: 'guest'})) as {token: string}
      ;({page, complaints} = await web.signedIn({token}))
      const headers = {authorization: `Bearer ${token}`, 'content-type': 'application/json'}
      for (const [path, body] of [
        ['/proxy/targets', {hostname: 'mine.localhost'}],
        ['/proxy/targets/mine.localhost/mcp', {}],
        ['/instances', {name: 'mine', target_url: 'https://example.com'}],
        ['/routes', {route_id: 'mine', path_pattern: '/mine', target_type: 'instance', target_value: 'mine'}],
      ] as const) {
        const sent = {method: 'POST', headers, body: JSON.stringify(body)}
        expect((await fetch(`${web.server.url}/api/v1${path}`, sent)).ok, path).to.equal(true)
      }
      await web.api('POST', '/instances', {name: 'of-somebody-else', target_url: 'http://127.0.0.1:1'})
    })

    it('has every page that is offered, without one refusal', async () => {
      await goTo(page, web.server.url)
      const offered = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLAnchorElement>('nav a:not([target])')].map(
          ({pathname}) => pathname,
        ),
      )
      expect(offered).to.include('/console/services').and.not.include('/console/oauth-clients')
      await turnTo(page, '/console/settings')
      const more = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLAnchorElement>('[aria-label="More to do"] a')].map(
          ({pathname}) => pathname,
        ),
      )
      const proxy = '/console/proxies/mine.localhost'
      const own = [
        proxy,
        ...['routes', 'mcp', 'keys', 'settings'].map(tab => `${proxy}/${tab}`),
        '/console/routes/mine/settings',
        '/console/instances/mine',
        '/console/tokens/guest',
      ]
      for (const path of [...offered, ...more, ...own]) {
        await turnTo(page, path)
        expect(await page.locator('main [role=alert]').allTextContents(), path).to.deep.equal([])
        expect(await page.textContent('h1'), path).not.to.equal('Not found')
        expect(complaints.splice(0), path).to.deep.equal([])
      }
    })

    it('offers no service where nobody said which images may run', async () => {
      await turnTo(page, '/console/services')
      await page.waitForSelector('text=No services yet')
      expect(await page.getByRole('link', {name: 'New service'}).count()).to.equal(0)
    })

    it('offers the demo on the same machine', async () => {
      const demo = page.getByRole('button', {name: 'Start the demo'})
      await web.api('DELETE', '/routes/mine')
      await web.api('DELETE', '/proxy/targets/mine.localhost')
      await goTo(page, web.server.url)
      await demo.waitFor()
    })
  })

  describe('over a slow network', () => {
    let page: Page
    let complaints: string[]
    const sent: string[] = []
    before(async () => {
      ;({page, complaints} = await web.signedIn())
      page.setDefaultTimeout(20_000)
      const session = await page.context().newCDPSession(page)
      await session.send('Network.enable')
      await session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 250,
        downloadThroughput: -1,
        uploadThroughput: -1,
      })
      page.on('request', (request: Request) => {
        if (request.method() !== 'GET')
          sent.push(`${request.method()} ${new URL(request.url()).pathname.slice('/api/v1'.length)}`)
      })
    })
    afterEach(() => {
      sent.splice(0)
      // The page reads once more what it hears has gone: 404 is the right answer.
      expect(complaints.splice(0).filter(text => !text.includes('404 (Not Found)'))).to.deep.equal([])
    })

    const toast = (text: string): Promise<unknown> => page.waitForSelector(`.toast >> text=${text}`)

    it('makes one record, however often the button is pressed', async () => {
      await goTo(page, `${web.server.url}/console/proxies/new`)
      await page.fill('#f-hostname', 'slow.localhost')
      const atWork = page.waitForSelector('form button:disabled >> text=Working…')
      await page.locator('form button[type=submit]').evaluate(twice)
      await atWork
      await page.waitForURL('**/console/proxies/slow.localhost')
      expect(sent).to.deep.equal(['POST /proxy/targets'])
    })

    it('shows that a button is at work, and does once what it says', async () => {
      await page.waitForSelector('.actions button')
      const press = async (name: string, said: string): Promise<void> => {
        const atWork = page.waitForSelector('button[aria-busy=true]')
        await page.getByRole('button', {name, exact: true}).evaluate(twice)
        await atWork
        await toast(said)
      }
      await press('Disable', 'Disabled slow.localhost')
      await page.waitForSelector('text=switched off')
      await turnTo(page, '/console/proxies/slow.localhost/protection')
      await page.click('text=Switch on')
      await page.waitForSelector('text=Switch off')
      sent.splice(0)
      await press('Switch off', 'Switched off the login of slow.localhost')
      expect(sent).to.deep.equal(['DELETE /proxy/targets/slow.localhost/auth'])
      sent.splice(0)
      // Read anew, so that it is the record as it is now that is deleted.
      await turnTo(page, '/console/proxies/slow.localhost')
      await press('Delete', 'Deleted proxy slow.localhost')
      await page.waitForURL('**/console/proxies')
      expect(sent).to.deep.equal(['DELETE /proxy/targets/slow.localhost'])
    })
  })
})
