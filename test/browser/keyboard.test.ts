// The main action of each page of the web UI, by keyboard alone; those of services are in services.test.ts.
import {expect} from 'chai'
import type {FileChooser, Page} from 'playwright-core'
import {Keyboard} from '../support/keyboard.ts'
import {fill, goTo, openWeb, type Web} from '../support/web.ts'

describe('the web UI by keyboard alone', function () {
  this.timeout(60_000)
  let web: Web
  let page: Page
  let complaints: string[]
  let keyboard: Keyboard
  before(async () => {
    web = await openWeb()
    await fill(web)
    ;({page, complaints} = await web.signedIn({bypassCSP: true}))
    page.setDefaultTimeout(15_000)
    keyboard = new Keyboard(page)
  })
  after(() => web?.close())
  // The page reads once more what it hears has gone: 404 is the right answer.
  afterEach(() =>
    expect(complaints.splice(0).filter(text => !text.includes('404 (Not Found)'))).to.deep.equal([]),
  )

  const see = (text: string): Promise<unknown> => page.waitForSelector(`text=${text}`)
  const at = (path: string): Promise<void> => page.waitForURL(`**${path}`)
  const heading = (text: string): Promise<void> =>
    page.getByRole('heading', {name: text, exact: true}).waitFor()
  const closed = (): Promise<unknown> => page.waitForSelector('dialog', {state: 'detached'})

  it('goes past the navigation, and back', async () => {
    await goTo(page, `${web.server.url}/console/instances`)
    await keyboard.key('Tab')
    expect(await keyboard.name()).to.equal('Skip to the content')
    await keyboard.key('Enter')
    await keyboard.key('Tab')
    expect(await keyboard.name()).to.equal('Register instance')
    await keyboard.to('Instances', 'Shift+Tab')
  })

  it('opens and closes the menu of the person', async () => {
    await keyboard.press('ADMIN')
    await page.waitForSelector('.person[open]')
    await keyboard.key('Escape')
    await page.waitForSelector('.person:not([open])')
    expect(await keyboard.name()).to.equal('ADMIN')
    await keyboard.key('Enter')
    await keyboard.press('Settings')
    await at('/console/settings')
    await page.waitForSelector('.person:not([open])')
  })

  it('makes a proxy, protects it, opens it again and takes that back', async () => {
    await keyboard.find('New proxy')
    await page.waitForSelector('main:focus')
    await keyboard.write('#f-hostname', 'typed.localhost')
    await keyboard.write('#f-target_url', `http://127.0.0.1:${web.upstream}`)
    await keyboard.key('Enter')
    await at('/console/proxies/typed.localhost')
    await page.waitForSelector('.tabs')
    await keyboard.press('Protection')
    await keyboard.to('#f-mode')
    await page.keyboard.type('redirect')
    await keyboard.press('Switch on')
    await see('Switch off')
    expect(await web.api('GET', '/proxy/targets/typed.localhost/auth')).to.include({mode: 'redirect'})
    await keyboard.press('Switch off')
    await see('Anybody may use this proxy')
    await see('Switched off the login of typed.localhost')
    await keyboard.key('Control+z')
    await see('Switch off')
    await keyboard.press('Disable', 'Space')
    await see('switched off')
  })

  it('orders routes, edits a priority and asks what serves a request', async () => {
    const priority = async (): Promise<number> =>
      ((await web.api('GET', '/routes/files-old')) as {priority: number}).priority
    await keyboard.find('Routes')
    await see('A route is never reached')
    const before = await priority()
    await keyboard.press('Move /files/old; arrow keys move it up and down', 'ArrowUp')
    await see('Changed the priority of')
    expect(await priority()).to.be.above(before)
    expect(await keyboard.name()).to.match(/^Move \/files\/old/)
    await keyboard.write('Priority of /files/old', '3')
    await keyboard.key('Enter')
    await see('Changed the priority of /files/old')
    expect(await priority()).to.equal(3)
    await keyboard.write('#explain-url', 'http://tools.localhost/mcp')
    await keyboard.key('Enter')
    await page.waitForSelector('[aria-label="Routes that were looked at"]')
  })

  it('registers an instance, finds it in the list, changes and deletes it, and takes that back', async () => {
    await keyboard.find('Instances')
    await heading('Instances')
    await keyboard.press('Register instance')
    await page.waitForFunction(() => document.activeElement?.id === 'main')
    await page.locator('[role=status] >> text=Register instance · mcpx').waitFor({state: 'attached'})
    await keyboard.write('#f-name', 'typed')
    await keyboard.write('#f-target_url', 'http://127.0.0.1:9')
    await keyboard.key('Enter')
    await at('/console/instances/typed')
    await keyboard.press('Instances')
    await heading('Instances')
    await keyboard.press('Name')
    await page.waitForSelector('th[aria-sort=ascending] >> text=Name')
    await keyboard.write('Search instances', 'typ')
    await page.waitForSelector('.count >> text=1 of')
    await keyboard.press('typed')
    await page.waitForSelector('.tabs')
    await keyboard.press('Settings')
    await keyboard.write('#f-description', 'by hand')
    await keyboard.key('Enter')
    await see('Saved')
    await keyboard.press('Delete')
    await see('Deleted instance typed')
    await keyboard.key('Control+z')
    await at('/console/instances/typed')
    await see('by hand')
  })

  it('asks for a certificate, and for its renewal', async () => {
    await keyboard.find('Ask for certificate')
    await keyboard.write('#f-cert_name', 'typed')
    await keyboard.write('#f-domains', 'typed.localhost')
    await keyboard.press('Ask for certificate')
    await at('/console/certificates/typed')
    await page.waitForSelector('.state .badge:text-is("active")')
    await keyboard.press('Renew')
    await keyboard.press('Renew anyway')
    await see('Asked the CA to renew')
    complaints.splice(0)
  })

  it('finds MCP servers and checks one', async () => {
    await keyboard.find('MCP resources')
    await heading('MCP resources')
    await keyboard.press('Find MCP servers')
    await page.waitForSelector('text=/Looked at \\d+ proxies: no MCP servers found/')
    await keyboard.press(`http://notes.localhost:${web.server.port}/mcp`)
    await page.waitForSelector('.tabs')
    await keyboard.press('Check')
    await page.waitForURL('**/check')
    await keyboard.press('#f-token')
    await page.waitForSelector('ol[aria-label="Steps"] >> text=challenge')
  })

  it('opens a request in a window that holds the focus until Escape closes it', async () => {
    await keyboard.find('Requests')
    await page.waitForSelector('tbody tr')
    await keyboard.write('Search requests', 'page/7')
    await page.waitForSelector('.count >> text=1 of')
    const row = await page.locator('tbody .link').innerText()
    await keyboard.press(row.trim())
    await page.waitForSelector('dialog >> text=Arrived')
    const seen = new Set<string>()
    for (let step = 0; step < 12; step++) {
      await keyboard.key('Tab')
      const inside = await page.evaluate(() => document.activeElement?.matches('dialog *, body'))
      expect(inside, await keyboard.name()).to.equal(true)
      seen.add(await keyboard.name())
    }
    expect([...seen]).to.include.members(['Close', 'app.localhost'])
    await keyboard.key('Escape')
    await closed()
    expect(await keyboard.name()).to.equal(row.trim())
  })

  it('checks a port', async () => {
    await keyboard.find('Ports')
    await keyboard.write('#f-port', '45678')
    await keyboard.key('Enter')
    await page.waitForSelector('[aria-label="Check a port"] [role=status], [role=alert]')
    complaints.splice(0)
  })

  it('signs with a new key, and registers a client', async () => {
    await keyboard.find('OAuth')
    await keyboard.press('New key…')
    await page.waitForSelector('dialog input:focus')
    await keyboard.key('Escape')
    await closed()
    expect(await keyboard.name()).to.equal('New key…')
    await keyboard.key('Enter')
    await page.waitForSelector('dialog input:focus')
    await page.keyboard.type('new key')
    await keyboard.key('Enter')
    await see('retired')
    await keyboard.find('Register client')
    await keyboard.write('#f-client_name', 'batch')
    await keyboard.to('#f-client_name')
    await keyboard.key('Tab')
    expect(await keyboard.name()).to.match(/^More settings/)
    await keyboard.key('Enter')
    await keyboard.write('#f-redirect_uris', 'http://127.0.0.1:9/back')
    await keyboard.press('Register client')
    await page.waitForSelector('[aria-label="Secret"] code')
    await keyboard.press('I have it')
    await heading('OAuth clients')
  })

  it('revokes an access token and a login, once that was typed', async () => {
    for (const [title, name] of [
      ['Access tokens', 'ADMIN'],
      ['Logins', 'ADMIN'],
    ] as const) {
      await keyboard.find(title)
      await heading(title)
      await page.waitForSelector('tbody tr')
      await keyboard.press('User')
      await keyboard.press(name)
      await page.waitForURL(/oauth-(tokens|sessions)\/./)
      await keyboard.press('Revoke')
      await page.waitForSelector('dialog input:focus')
      await page.keyboard.type('revoke')
      await keyboard.key('Enter')
      await page.waitForURL(/oauth-(tokens|sessions)$/)
    }
  })

  it('makes a token whose secret is shown once, and deletes it', async () => {
    await keyboard.find('New token')
    await keyboard.write('#f-name', 'typed')
    await keyboard.key('Enter')
    await page.waitForSelector('[aria-label="Secret"] code')
    await keyboard.press('I have it')
    await heading('API tokens')
    await keyboard.press('typed')
    await keyboard.press('Delete')
    await page.waitForSelector('dialog input:focus')
    await page.keyboard.type('typed')
    await keyboard.key('Enter')
    await at('/console/tokens')
  })

  it('exports, changes and saves the records, and makes a backup and puts it back', async () => {
    const chooser = new Promise<FileChooser>(resolve => page.once('filechooser', resolve))
    await keyboard.find('Settings')
    await keyboard.press('Export all records')
    await page.waitForFunction(() => document.querySelector('textarea')?.value.includes('the search server'))
    const text = await page.inputValue('#documents')
    await keyboard.write('#documents', text.replace('the search server', 'finds things'))
    await keyboard.press('Show what would change')
    await page.waitForSelector('[aria-label="Changes"]')
    await keyboard.press('Save these changes')
    await page.waitForSelector('text=/1 record changed/')
    await keyboard.press('Download a backup…')
    await page.waitForSelector('#passphrase:focus')
    await page.keyboard.type('correct horse battery')
    await keyboard.write('#passphrase-again', 'correct horse battery')
    const [download] = await Promise.all([page.waitForEvent('download'), keyboard.key('Enter')])
    await closed()
    expect(await keyboard.name()).to.equal('Download a backup…')
    await keyboard.to('Put one back…')
    await keyboard.key('Enter')
    await (await chooser).setFiles(await download.path())
    await page.waitForSelector('#passphrase:focus')
    await page.keyboard.type('correct horse battery')
    await keyboard.key('Enter')
    await see('Put this backup back?')
    await keyboard.key('Escape')
    await closed()
  })

  it('chooses a theme with the arrow keys, and finds its way without a mouse in the menu of a phone', async () => {
    await page.setViewportSize({width: 360, height: 740})
    await keyboard.press('Menu')
    await page.waitForSelector('.menu-open')
    await keyboard.press('Settings')
    await page.waitForSelector('.menu-open', {state: 'detached'})
    await keyboard.to('as the system')
    await keyboard.key('ArrowDown')
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).to.equal('light')
    await page.setViewportSize({width: 1280, height: 900})
  })

  it('reaches everything on the main pages in the order it is read', async () => {
    for (const path of [
      '/',
      '/console/proxies',
      '/console/proxies/new',
      '/console/routes',
      '/console/settings',
    ]) {
      await goTo(page, web.server.url + path)
      const seen: string[] = []
      for (let step = 0; step < 150; step++) {
        await page.keyboard.press('Tab')
        const place = await page.evaluate(focused)
        if (place === undefined || seen.includes(place)) break
        seen.push(place)
      }
      expect(seen.length, path).to.be.equal(await page.evaluate(reachable))
    }
  })
})

/** Which of the elements that take the focus has it, in document order; it has to be seen to have it. */
function focused(): string | undefined {
  const one = document.activeElement
  if (!one || one === document.body) return undefined
  const {outlineStyle} = getComputedStyle(one)
  const all = [...document.querySelectorAll('*')]
  return `${all.indexOf(one)}${outlineStyle === 'none' ? ' without a sign of it' : ''}`
}

/** How many elements one should get to with the Tab key: all of a group of radio buttons are one. */
function reachable(): number {
  const all = document.querySelectorAll<HTMLElement>(
    'a[href], button, input, select, textarea, summary, [tabindex="0"], .scroll',
  )
  const radios = new Set<string>()
  return [...all].filter(one => {
    if ((one as HTMLButtonElement).disabled || !one.checkVisibility()) return false
    if (one.matches('.scroll')) return one.scrollWidth > one.clientWidth
    if (!(one instanceof HTMLInputElement) || one.type !== 'radio') return one.tabIndex >= 0
    if (radios.has(one.name)) return false
    radios.add(one.name)
    return true
  }).length
}
