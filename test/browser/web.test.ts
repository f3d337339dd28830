// What people do in the web UI, in a real browser against a real server.
import {expect} from 'chai'
import type {Page} from 'playwright-core'
import {openCli} from '../support/cli.ts'
import {complaintsOf, fill, goTo, openWeb, type Web} from '../support/web.ts'

describe('the web UI in a browser', function () {
  this.timeout(120_000)
  let web: Web
  let page: Page
  let complaints: string[]
  before(async () => {
    web = await openWeb()
    ;({page, complaints} = await web.signedIn())
  })
  after(() => web?.close())
  afterEach(() => expect(complaints.splice(0)).to.deep.equal([]))

  const open = async (path: string): Promise<void> => {
    await goTo(page, web.server.url + path)
  }
  const see = (text: string): Promise<unknown> => page.waitForSelector(`text=${text}`)

  it('greets with first steps where there is nothing yet', async () => {
    await open('/')
    await see('Welcome. Publish something')
    await page.click('text=Publish it')
    await page.waitForURL('**/console/welcome')
  })

  describe('signing in', () => {
    it('refuses a wrong token and says so', async () => {
      const stranger = await (await web.browser.newContext()).newPage()
      await stranger.goto(web.server.url)
      await stranger.fill('#token', 'acm_wrong')
      await stranger.press('#token', 'Enter')
      await stranger.waitForSelector('[role=alert] >> text=The token is not known')
      await stranger.context().close()
    })

    it('takes the link of `mcpx open`, once, and keeps it out of the history', async () => {
      const cli = openCli({MCPX_URL: web.server.url, MCPX_TOKEN: web.server.adminToken})
      const {stdout} = await cli.run(['open'])
      cli.close()
      const link = stdout.trim()
      expect(link).to.match(/#link=mcl_/)
      const stranger = await (await web.browser.newContext()).newPage()
      const errors = complaintsOf(stranger)
      await stranger.goto(link)
      await stranger.waitForSelector('.link-state.live')
      expect(stranger.url()).to.equal(`${web.server.url}/`)
      expect(errors).to.deep.equal([])
      await stranger.context().close()
      const second = await (await web.browser.newContext()).newPage()
      await second.goto(link)
      await second.waitForSelector('text=The link works no more')
      await second.context().close()
    })

    it('ends everywhere at once', async () => {
      const {token} = (await web.api('POST', '/tokens', {name: 'leaver'})) as {token: string}
      const one = await web.signedIn({token})
      const two = await web.signedIn({token})
      await one.page.goto(`${web.server.url}/console/settings`)
      await one.page.click('text=Sign out everywhere')
      await one.page.waitForSelector('#token')
      await two.page.goto(`${web.server.url}/console/proxies`)
      await two.page.waitForSelector('#token')
      await one.context.close()
      await two.context.close()
      await web.api('DELETE', '/tokens/leaver')
    })
  })

  describe('while the page is open', () => {
    it('says when the network is gone, and shows what changed meanwhile once it is back', async () => {
      const {page: one, context} = await web.signedIn()
      await one.goto(`${web.server.url}/console/instances`)
      await one.waitForSelector('.link-state.live')
      await context.setOffline(true)
      await one.waitForSelector('.link-state.lost >> text=Reconnecting')
      await web.api('POST', '/instances', {name: 'meanwhile', target_url: 'http://127.0.0.1:1'})
      await context.setOffline(false)
      await one.waitForSelector('.link-state.live')
      await one.waitForSelector('tbody >> text=meanwhile')
      await web.api('DELETE', '/instances/meanwhile')
      await context.close()
    })

    it('asks for the token again once that was deleted', async () => {
      const {token} = (await web.api('POST', '/tokens', {name: 'leaving'})) as {token: string}
      const {page: one, context} = await web.signedIn({token})
      await web.api('DELETE', '/tokens/leaving')
      await one.waitForSelector('#token')
      await context.close()
    })

    it('has a menu on a phone, which Escape closes', async () => {
      const {page: one, context} = await web.signedIn({width: 360, height: 740})
      await one.click('.menu-button')
      const first = one.locator('.side a').first()
      const bar = (await one.locator('.bar').boundingBox())?.height ?? 0
      expect((await first.boundingBox())?.y).to.be.at.least(bar)
      await one.keyboard.press('Escape')
      await first.waitFor({state: 'hidden'})
      await context.close()
    })
  })

  describe('records', () => {
    it('are created in a form that tells the command for it, and are there at once', async () => {
      await open('/console/proxies/new')
      await page.fill('#f-hostname', 'made.localhost')
      await page.fill('#f-target_url', `http://127.0.0.1:${web.upstream}`)
      expect(await page.textContent('.as-command code')).to.equal(
        `mcpx proxy create made.localhost http://127.0.0.1:${web.upstream}`,
      )
      await page.click('form >> text=Create proxy')
      await page.waitForURL('**/console/proxies/made.localhost')
      await see('upstream answers')
      await web.visit('made.localhost', '/hello')
    })

    it('are checked before they are sent, at their field', async () => {
      await open('/console/proxies/new')
      await page.fill('#f-hostname', 'Not A Host')
      await page.click('form >> text=Create proxy')
      expect(await page.textContent('[id="f-hostname-error"]')).to.equal(
        'Not a hostname such as app.example.com',
      )
      await page.waitForSelector('#f-hostname:focus')
    })

    it('show at its field what the server refuses', async () => {
      await open('/console/instances/new')
      await page.fill('#f-name', 'docker-mine')
      await page.fill('#f-target_url', 'http://127.0.0.1:1')
      await page.click('form >> text=Register instance')
      await page.waitForSelector('[id="f-name-error"]')
      expect(await page.textContent('[id="f-name-error"]')).to.contain('belong to services')
      await page.fill('#f-name', 'mine')
      expect(await page.locator('.error, .notice.bad').count()).to.equal(0)
      await open('/console/proxies/new')
      await page.fill('#f-hostname', 'made.localhost')
      await page.click('form >> text=Create proxy')
      await page.waitForSelector('[id="f-hostname-error"] >> text=made.localhost exists already')
      complaints.splice(0)
    })

    it('appear without reload when the command line makes them', async () => {
      await open('/console/instances')
      await see('No instances yet')
      await page.waitForSelector('.link-state.live')
      await web.api('POST', '/instances', {name: 'elsewhere', target_url: 'http://127.0.0.1:1'})
      await see('elsewhere')
    })

    it('are not overwritten silently when two people edit them', async () => {
      await open('/console/instances/elsewhere/settings')
      await page.fill('#f-description', 'mine')
      await web.api('PATCH', '/instances/elsewhere', {description: 'theirs'})
      await page.click('form >> text=Save')
      await see('Somebody changed this record')
      expect(await page.textContent('[aria-label="Changes"]'))
        .to.contain('theirs')
        .and.to.contain('mine')
      await page.click('text=Save mine over theirs')
      await see('Saved')
      const {description} = (await web.api('GET', '/instances/elsewhere')) as {description: string}
      expect(description).to.equal('mine')
      complaints.splice(0)
    })

    it('come back when a deletion is undone', async () => {
      await open('/console/instances/elsewhere')
      await page.click('text=Delete')
      await see('No instances yet')
      await page.click('text=Undo')
      await page.waitForURL('**/console/instances/elsewhere')
      await see('mine')
      await open('/console/instances')
      await web.api('DELETE', '/instances/elsewhere')
      // The page hears of the deletion and reads the record once more: 404 is the right answer.
      expect(complaints.splice(0).filter(text => !text.includes('404'))).to.deep.equal([])
    })

    it('ask for their name before a deletion that cannot be undone', async () => {
      await web.api('POST', '/tokens', {name: 'short-lived'})
      await open('/console/tokens/short-lived')
      await page.click('text=Delete')
      const button = page.locator('dialog button.danger')
      expect(await button.isDisabled()).to.equal(true)
      await page.fill('dialog input', 'short-lived')
      await button.click()
      await page.waitForURL('**/console/tokens')
    })

    it('take along what a token owns, if that is asked for', async () => {
      const {token} = (await web.api('POST', '/tokens', {name: 'leaver'})) as {token: string}
      const left = await fetch(`${web.server.url}/api/v1/instances`, {
        method: 'POST',
        headers: {authorization: `Bearer ${token}`, 'content-type': 'application/json'},
        body: JSON.stringify({name: 'left-behind', target_url: 'https://example.com'}),
      })
      expect(left.status).to.equal(201)
      await open('/console/tokens/leaver')
      await page.click('text=Delete')
      await page.fill('dialog input', 'leaver')
      await page.getByLabel('Delete what it owns as well').check()
      await page.click('dialog button.danger')
      await page.waitForURL('**/console/tokens')
      await open('/console/instances')
      await see('No instances yet')
    })

    it('come back behind their login, unless keys ended with them', async () => {
      const path = '/proxy/targets/closed.localhost'
      const target_url = `http://127.0.0.1:${web.upstream}`
      await web.api('POST', '/proxy/targets', {hostname: 'closed.localhost', target_url})
      await web.api('POST', `${path}/auth`, {mode: 'redirect', required_users: ['octo']})
      await open('/console/proxies/closed.localhost')
      await page.click('text=Delete')
      await page.click('text=Undo')
      await see('Proxy closed.localhost is back')
      const {auth} = (await web.api('GET', path)) as {auth: object}
      expect(auth)
        .to.include({enabled: true, mode: 'redirect'})
        .and.to.deep.include({required_users: ['octo']})
      await web.api('POST', `${path}/keys`, {name: 'robot'})
      await open('/console/proxies/closed.localhost')
      await page.click('text=Delete')
      await see('Its key ends with this proxy')
      await page.fill('dialog input', 'closed.localhost')
      await page.click('dialog button.danger')
      await page.waitForURL('**/console/proxies')
      expect(complaints.splice(0).filter(text => !text.includes('404'))).to.deep.equal([])
    })

    it('show a secret once', async () => {
      await open('/console/tokens/new')
      await page.fill('#f-name', 'from-browser')
      await page.click('form >> text=Create token')
      expect(await page.textContent('[aria-label="Secret"] code')).to.match(/^acm_/)
      await page.click('text=I have it')
      await see('from-browser')
    })

    it('of somebody else are not there', async () => {
      const {token} = (await web.api('POST', '/tokens', {name: 'guest'})) as {token: string}
      const guest = await web.signedIn({token})
      await guest.page.goto(`${web.server.url}/console/proxies`)
      await guest.page.waitForSelector('text=No proxies yet')
      await guest.page.goto(`${web.server.url}/console/proxies/made.localhost`)
      await guest.page.waitForSelector('[role=alert]')
      await guest.context.close()
    })
  })

  describe('with records and traffic', () => {
    before(() => fill(web))

    it('shows what needs attention, and mends it', async () => {
      await open('/')
      await page.click('[aria-label="Needs attention"] >> text=Switch on')
      await page.waitForSelector('text=wiki.localhost is switched off', {state: 'detached'})
    })

    it('shows requests as they end, each with its route, upstream and MCP method', async () => {
      await open('/console/requests')
      await web.visit('app.localhost', '/just-now')
      await page.click('text=/just-now')
      const panel = await page.textContent('dialog')
      expect(panel).to.contain('app.localhost').and.to.contain(`http://127.0.0.1:${web.upstream}`)
      await page.keyboard.press('Escape')
      await page.selectOption('[aria-label="MCP method"]', 'tools/call')
      await see('tools/call search')
      await page.waitForSelector('text=/just-now', {state: 'detached'})
    })

    it('warns of a route that is never reached, and changes its priority in place', async () => {
      await open('/console/routes')
      await see('A route is never reached')
      await page.fill('[aria-label="Priority of /files/old"]', '60')
      await page.press('[aria-label="Priority of /files/old"]', 'Enter')
      await page.waitForSelector('text=A route is never reached', {state: 'detached'})
      const {priority} = (await web.api('GET', '/routes/files-old')) as {priority: number}
      expect(priority).to.equal(60)
    })

    it('leaves a route out of a proxy and lets it apply again', async () => {
      await open('/console/proxies/tools.localhost/routes')
      await page.click('tr:has-text("/mcp") >> text=Leave out')
      await page.click('[aria-label="Routes left out"] >> text=Let apply')
      await page.waitForSelector('[aria-label="Routes left out"]', {state: 'detached'})
    })

    it('publishes a proxy as an MCP server behind a login, unless somebody says otherwise', async () => {
      await open('/console/proxies/tools.localhost/mcp')
      await page.click('text=Switch on')
      await see('Switch off')
      const {auth} = (await web.api('GET', '/proxy/targets/tools.localhost')) as {auth?: {enabled: boolean}}
      expect(auth?.enabled).to.equal(true)
      await page.click('text=Switch off')
      await see('is not published as an MCP server')
    })

    it('tells whether a proxy answers, and what to paste into clients', async () => {
      await open('/console/proxies/app.localhost/connect')
      await page.click('text=Test it now')
      await see('no MCP server: it answered 200')
      expect(await page.textContent('[aria-label=Test]')).to.match(/request 200 in \d+ ms/)
      expect(await page.textContent('[aria-label="For Claude Code"]')).to.contain(
        `claude mcp add --transport http app http://app.localhost:${web.server.port}/mcp`,
      )
    })

    it('is found by Ctrl-K and used by keyboard alone', async () => {
      await open('/')
      await page.keyboard.press('Control+k')
      await page.waitForSelector('dialog >> text=Dashboard')
      await page.keyboard.type('grafana')
      await page.waitForSelector('[role=option] >> text=grafana.localhost')
      await page.keyboard.press('Enter')
      await page.waitForURL('**/console/proxies/grafana.localhost')
    })

    it('keeps 10,000 rows searchable without lag', async () => {
      const instance = Array.from({length: 10_000}, (_, index) => ({
        name: `row-${String(index).padStart(5, '0')}`,
        target_url: 'http://127.0.0.1:1',
      }))
      await web.api('POST', '/apply', {documents: {instance}})
      await open('/console/instances')
      await see('10002')
      const began = Date.now()
      await page.fill('[aria-label="Search instances"]', 'row-09999')
      await see('1 of 10002')
      expect(Date.now() - began).to.be.below(1000)
      expect(await page.locator('tbody tr').count()).to.equal(1)
    })
  })

  describe('first load', () => {
    it('is under 200 KB, compressed, without inline code and from this origin alone', async () => {
      const fresh = await web.browser.newContext()
      const first = await fresh.newPage()
      const errors = complaintsOf(first)
      const session = await fresh.newCDPSession(first)
      await session.send('Network.enable')
      let bytes = 0
      const origins = new Set<string>()
      session.on('Network.loadingFinished', ({encodedDataLength}) => {
        bytes += encodedDataLength
      })
      first.on('request', request => origins.add(new URL(request.url()).origin))
      const answer = await first.goto(web.server.url, {waitUntil: 'networkidle'})
      expect(bytes).to.be.within(10_000, 200_000)
      expect([...origins]).to.deep.equal([web.server.url])
      const policy = answer?.headers()['content-security-policy'] ?? ''
      expect(policy).to.contain("default-src 'none'").and.not.to.contain('unsafe')
      expect(errors).to.deep.equal([])
      await fresh.close()
    })
  })
})
