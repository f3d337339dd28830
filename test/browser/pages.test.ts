// The main action of page after page, in a real browser against a real server, real MCP servers behind it, and the real CLI.
import {readFileSync} from 'node:fs'
import {expect} from 'chai'
import type {Page} from 'playwright-core'
import {openCli} from '../support/cli.ts'
import {type McpServerProcess, startEchoStateful} from '../support/mcp-servers.ts'
import {missing, places} from '../support/places.ts'
import {fill, goTo, openWeb, type Web} from '../support/web.ts'

describe('the pages of the web UI', function () {
  this.timeout(60_000)
  let web: Web
  let page: Page
  let complaints: string[]
  let echo: McpServerProcess
  before(async () => {
    echo = await startEchoStateful()
    web = await openWeb()
    ;({page, complaints} = await web.signedIn())
    page.setDefaultTimeout(15_000)
  })
  after(async () => {
    await web?.close()
    await echo?.stop()
  })
  afterEach(() => expect(complaints.splice(0)).to.deep.equal([]))

  const open = (path: string): Promise<void> => goTo(page, web.server.url + path)
  const see = (text: string): Promise<unknown> => page.waitForSelector(`text=${text}`)
  const routeOf = async (id: string): Promise<{priority: number}> =>
    (await web.api('GET', `/routes/${id}`)) as {priority: number}

  describe('the first-run wizard', () => {
    const publish = async (hostname: string, choice: string): Promise<void> => {
      await open('/')
      await page.keyboard.press('Control+k')
      await page.keyboard.type('publish something')
      await page.keyboard.press('Enter')
      await page.fill('#f-hostname', hostname)
      await page.fill('#f-target_url', new URL(echo.url).origin)
      await page.click('text=Go on')
      await page.getByLabel(choice).check()
      await page.click('text=Go on')
      await see('is published')
    }

    it('publishes an MCP server behind a login, and tells what to paste into each client', async () => {
      await publish('mine.localhost', 'An MCP server, behind a login')
      for (const client of ['Claude', 'Claude Code', 'VS Code', 'Cursor', 'ChatGPT'])
        await page.getByRole('heading', {name: client, exact: true}).waitFor()
      await page.click('text=Test it now')
      await see('401: clients are asked to log in')
    })

    it('publishes one for everybody, which a real MCP session through the gateway proves', async () => {
      await publish('open.localhost', 'An MCP server, for anybody')
      await page.click('text=Test it now')
      await page.waitForSelector('text=/echo-stateful speaks 2025-11-25, with \\d+ tools/')
    })

    it('publishes a website behind a login, which browsers pass', async () => {
      await publish('site.localhost', 'A website, behind a login')
      const stranger = await (await web.browser.newContext()).newPage()
      const site = `http://site.localhost:${web.server.port}/`
      await stranger.goto(site)
      await stranger.waitForSelector('h1 >> text=Log in to continue')
      await stranger.fill('[name=token]', web.server.adminToken)
      await stranger.press('[name=token]', 'Enter')
      await stranger.waitForURL(site)
      await stranger.context().close()
    })

    it('publishes a website for everybody', async () => {
      await publish('home.localhost', 'A website, for anybody')
      const stranger = await (await web.browser.newContext()).newPage()
      const answer = await stranger.goto(`http://home.localhost:${web.server.port}/`)
      expect(answer?.url()).to.equal(`http://home.localhost:${web.server.port}/`)
      await stranger.context().close()
    })

    it('says at its field what is wrong with a name or an upstream', async () => {
      await open('/console/welcome')
      await page.fill('#f-hostname', 'open.localhost')
      await page.fill('#f-target_url', 'localhost:3000')
      await page.click('text=Go on')
      await page.waitForSelector('[id="f-target_url-error"]')
      await page.fill('#f-target_url', web.server.url)
      await page.click('text=Go on')
      await see('is mcpx itself')
      complaints.splice(0)
    })
  })

  describe('a proxy', () => {
    it('adds header fields from a tab of their own', async () => {
      await open('/console/proxies/open.localhost/headers')
      await page.fill('#f-custom_headers', 'X-Team')
      await page.click('text=Save')
      await see('is not NAME=VALUE')
      await page.fill('#f-custom_headers', 'X-Team=search')
      await page.click('text=Save')
      await see('Saved')
    })

    it('shows how its certificate came to be', async () => {
      await open('/console/proxies/open.localhost')
      const steps = page.getByRole('region', {name: 'Issuing'}).getByRole('listitem')
      await steps.filter({hasText: 'renewal'}).waitFor()
      expect(await steps.filter({hasText: 'issued'}).textContent()).to.match(/ago|now/)
      expect(await steps.locator('span:first-child').allTextContents()).to.deep.equal(['issued', 'renewal'])
    })

    it('is protected for named people, and says so', async () => {
      await open('/console/proxies/open.localhost/protection')
      await page.fill('#f-required_users', 'octo')
      await page.click('text=Switch on')
      await see('Switch off')
      await page.click('.tabs >> text=Overview')
      expect(await page.textContent('[aria-label="At a glance"]')).to.contain('after a login')
      await page.goBack()
      const {auth} = (await web.api('GET', '/proxy/targets/open.localhost')) as {auth: object}
      expect(auth)
        .to.include({enabled: true})
        .and.to.deep.include({required_users: ['octo']})
      await page.click('text=Switch off')
      await see('Anybody may use this proxy')
    })
  })

  describe('MCP resources', () => {
    it('are looked at as a client does, step by step', async () => {
      await open('/console/resources')
      await page.click(`text=http://mine.localhost:${web.server.port}/mcp`)
      await page.click('text=Check')
      await page.locator('form >> text=Check').click()
      await page.waitForSelector('ol[aria-label="Steps"] >> text=challenge')
    })

    it('are found behind proxies', async () => {
      await open('/console/resources')
      await page.click('text=Find MCP servers')
      await page.waitForSelector('text=/Looked at \\d+ proxies: .* MCP servers found/')
    })
  })

  describe('with records and traffic', () => {
    let made: Record<string, string>
    before(async () => {
      made = await fill(web)
    })

    it('have a place for everything the command line does', async function () {
      this.timeout(120_000)
      expect(await missing(page, places, made)).to.deep.equal([])
    })

    it('does what has no page of its own from a form of its fields', async () => {
      await open('/console/settings')
      await page.click('text=Hand out a certificate with its private key')
      await page.fill('#f-cert_name', 'app.localhost')
      expect(await page.textContent('.as-command code')).to.equal('mcpx cert export app.localhost')
      await page.click('form >> text=Do it')
      await page.waitForSelector('[aria-label=Answer] >> text=/BEGIN PRIVATE KEY/')
      const pem = async (part: string): Promise<string> =>
        (await page.textContent(`[aria-label=Answer] [aria-label="${part}"]`)) ?? ''
      const [chain, key] = [await pem('Fullchain PEM'), await pem('Private key PEM')]
      await open('/console/do/cert.import')
      await page.fill('#f-cert_name', 'brought')
      await page.fill('#f-fullchain_pem', chain)
      await page.fill('#f-private_key_pem', key)
      await page.click('form >> text=Do it')
      await page.waitForSelector('[aria-label=Answer] >> text=imported')
      expect(await page.textContent('main')).not.to.contain('--input')
      await web.api('DELETE', '/certificates/brought')
      await open('/console/do/cleanup')
      await page.click('form >> text=Do it')
      await page.waitForSelector('[aria-label=Answer], [role=alert]')
      complaints.splice(0)
    })

    it('orders routes by dragging them', async () => {
      await open('/console/routes')
      await page.dragAndDrop('tr:has-text("/files/old") .grip button', 'tr:has-text("/mcp") td:nth-child(2)')
      await page.waitForSelector('text=A route is never reached', {state: 'detached'})
      expect((await routeOf('files-old')).priority).to.be.above((await routeOf('mcp')).priority)
    })

    it('orders them by keyboard too', async () => {
      await page.locator('tr:has-text("/files/old") .grip button').focus()
      for (let step = 0; step < 3; step++) {
        const before = await routeOf('files-old')
        await page.keyboard.press('ArrowDown')
        await page.waitForFunction(
          was =>
            Number(document.querySelector<HTMLInputElement>('[aria-label="Priority of /files/old"]')?.value) <
            was,
          before.priority,
        )
      }
      await see('A route is never reached')
    })

    it('moves a route between two neighbours, and those that must make room, in one step', async () => {
      const documents = {
        route: ['a', 'b', 'c'].map((name, index) => ({
          route_id: `near-${name}`,
          path_pattern: `/near/${name}`,
          target_type: 'instance',
          target_value: 'search',
          priority: 82 - index,
          description: name,
        })),
      }
      await web.api('POST', '/apply', {documents})
      await open('/console/routes')
      const saved: string[] = []
      page.on('request', request => request.method() === 'GET' || saved.push(new URL(request.url()).pathname))
      await page.locator('tr:has-text("/near/c") .grip button').focus()
      await page.keyboard.press('ArrowUp')
      await page.waitForFunction(() =>
        /near\/c[^]*near\/b/.test(document.querySelector('tbody')?.textContent ?? ''),
      )
      expect(saved).to.deep.equal(['/api/v1/apply'])
      expect(await web.api('GET', '/routes/near-c')).to.include({description: 'c', enabled: true})
      expect((await routeOf('near-a')).priority).to.be.above((await routeOf('near-c')).priority)
      for (const name of ['a', 'b', 'c']) await web.api('DELETE', `/routes/near-${name}`)
    })

    it('tells which routes lead to an instance', async () => {
      await open('/console/instances/files')
      await page.locator('[aria-label="Used by"]').getByRole('link', {name: '/files/old'}).click()
      await page.waitForURL('**/console/routes/files-old')
      await page.getByRole('heading', {name: '/files/old', exact: true}).waitFor()
    })

    it('tell on the dashboard what does not answer, and offer a way there', async () => {
      await web.api('POST', '/proxy/targets', {hostname: 'gone.localhost', target_url: 'http://127.0.0.1:9'})
      await web.visit('gone.localhost', '/')
      await open('/')
      await page.click('[aria-label="Needs attention"] >> text=gone.localhost leads to does not answer')
      await see('upstream does not answer')
      await web.api('DELETE', '/proxy/targets/gone.localhost')
      expect(complaints.splice(0).filter(text => !text.includes('404'))).to.deep.equal([])
    })

    it('explains what would serve a request', async () => {
      await open('/console/routes')
      await page.fill('#explain-url', `http://tools.localhost:${web.server.port}/mcp`)
      await page.click('text=Explain')
      await page.waitForSelector('[aria-label="Routes that were looked at"]')
      expect(await page.textContent('[aria-label=Explain]')).to.contain('nobody has to log in')
    })

    it('opens a request to its login, route, upstream, timing and MCP tool', async () => {
      await open('/console/requests')
      await page.click('text=tools.localhost/mcp')
      const panel = await page.textContent('dialog')
      expect(panel).to.contain('no login is needed here').and.contain('tools/call search')
      expect(panel)
        .to.match(/Routemcp/)
        .and.match(/[\d.]+ ms, first byte after/)
      expect(panel).to.contain(`http://127.0.0.1:${web.upstream}`)
      await page.click('dialog a:has-text("tools.localhost")')
      await page.waitForURL('**/console/proxies/tools.localhost')
      await page.goBack()
      await page.waitForURL(/requests\/[\w-]+$/)
      await page.reload()
      await page.waitForSelector('dialog >> text=tools/call search')
      await page.goBack()
      await page.waitForSelector('dialog', {state: 'detached'})
    })

    it('shows without reload what the command line changes', async () => {
      await open('/console/proxies/app.localhost')
      await page.waitForSelector('.link-state.live')
      const cli = openCli({MCPX_URL: web.server.url, MCPX_TOKEN: web.server.adminToken})
      const {code, stderr} = await cli.run([
        'proxy',
        'update',
        'app.localhost',
        '--description',
        'by the CLI',
      ])
      cli.close()
      expect(code, stderr).to.equal(0)
      await see('by the CLI')
    })
  })

  describe('settings', () => {
    it('show what a configuration would change before it is saved', async () => {
      await open('/console/settings')
      await page.click('text=Export all records')
      await page.waitForFunction(() =>
        document.querySelector('textarea')?.value.includes('the search server'),
      )
      const text = await page.inputValue('#documents')
      await page.fill('#documents', text.replace('the search server', 'finds things'))
      await page.click('text=Show what would change')
      const row = page.locator('[aria-label="Changes"] tr:has-text("instance search")')
      await row.waitFor()
      expect(await row.textContent())
        .to.contain('the search server')
        .and.contain('finds things')
      await page.click('text=Save these changes')
      await page.waitForSelector('text=/\\d+ records? changed/')
      expect(await web.api('GET', '/instances/search')).to.include({description: 'finds things'})
      await page.fill('#documents', '{')
      await page.click('text=Show what would change')
      await see('The text is not JSON')
    })

    it('make an encrypted backup, which they and the command line put back', async () => {
      const passphrase = 'corréct horse battery'
      await open('/console/settings')
      await page.click('text=Download a backup')
      await page.fill('#passphrase', 'short')
      await page.click('dialog button.primary')
      await see('At least 12 characters')
      await page.fill('#passphrase', passphrase)
      await page.fill('#passphrase-again', passphrase)
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.click('dialog button.primary'),
      ])
      const file = await download.path()
      expect(readFileSync(file).subarray(0, 5).toString()).to.equal('mcpx1')
      await web.api('DELETE', '/routes/versions')
      await page.setInputFiles('[aria-label=Backup] input[type=file]', file)
      await page.fill('#passphrase', 'another passphrase')
      await page.click('dialog button.primary')
      await see('The passphrase is another')
      await page.fill('#passphrase', passphrase)
      await page.click('dialog button.primary')
      await page.waitForSelector('text=Put this backup back?')
      await page.fill('dialog input', 'restore')
      await page.click('dialog button.danger')
      await see('records restored')
      expect(await routeOf('versions')).to.include({priority: 50})
      const cli = openCli({MCPX_URL: web.server.url, MCPX_TOKEN: web.server.adminToken})
      const env = {MCPX_PASSPHRASE: passphrase}
      const {code, stderr} = await cli.run(['restore', file, '--yes'], {env})
      cli.close()
      expect(code, stderr).to.equal(0)
    })
  })

  describe('the authorization server', () => {
    it('registers a client, whose secret is shown once', async () => {
      await open('/console/oauth-clients/new')
      await page.fill('#f-client_name', 'batch')
      await page.click('text=More settings')
      await page.fill('#f-redirect_uris', 'http://127.0.0.1:9/back')
      await page.locator('form button[type=submit]').click()
      await page.waitForSelector('[aria-label="Secret"] code')
      await page.click('text=I have it')
      await page.click('text=batch')
      await page.click('.tabs >> text=Access tokens')
      await see('It holds no access token now')
    })

    it('rotates its key and tells its figures', async () => {
      await open('/console/oauth')
      await page.click('text=New key…')
      await page.fill('dialog input', 'new key')
      await page.click('dialog button.danger')
      await see('retired')
      expect(await page.textContent('[aria-label="Figures"]')).to.match(/Clients\d/)
    })

    it('looks at any MCP server as a client does', async () => {
      await open('/console/oauth')
      await page.fill('#f-url', echo.url)
      await page.click('text=Look >> nth=-1')
      await see('it is not protected')
    })
  })
})
