// What one press of a button changes in the web UI is put back by another, exactly as it was.
import {expect} from 'chai'
import type {Page} from 'playwright-core'
import {goTo, openWeb, type Web} from '../support/web.ts'

type Record = {[field: string]: unknown}

describe('undo in the web UI', function () {
  this.timeout(60_000)
  let web: Web
  let page: Page
  let complaints: string[]
  const proxy = '/proxy/targets/team.localhost'
  before(async () => {
    web = await openWeb()
    ;({page, complaints} = await web.signedIn())
    page.setDefaultTimeout(15_000)
    const {token} = (await web.api('POST', '/tokens', {name: 'guest'})) as {token: string}
    const asGuest = async (path: string, body: object): Promise<void> => {
      const answer = await fetch(`${web.server.url}/api/v1${path}`, {
        method: 'POST',
        headers: {authorization: `Bearer ${token}`, 'content-type': 'application/json'},
        body: JSON.stringify(body),
      })
      expect(answer.ok, await answer.text()).to.equal(true)
    }
    await asGuest('/proxy/targets', {hostname: 'team.localhost', custom_headers: {'X-Team': 'search'}})
    await asGuest(`${proxy}/mcp`, {endpoint: '/tools', scopes: ['tools'], stateful: true})
    await asGuest(`${proxy}/auth`, {mode: 'redirect', required_users: ['octo'], header_prefix: 'X-Who-'})
    await web.api('PATCH', `/resources/${encodeURIComponent(resource())}`, {name: 'Tools of the team'})
    for (const [index, name] of ['one', 'two', 'three'].entries()) {
      await web.api('POST', '/instances', {name, target_url: 'http://127.0.0.1:1'})
      const route = {route_id: name, path_pattern: `/${name}`, target_type: 'instance', target_value: name}
      await web.api('POST', '/routes', {...route, priority: 60 - index, hosts: ['team.localhost']})
    }
  })
  after(() => web?.close())
  // The page reads once more what it hears has gone: 404 is the right answer.
  afterEach(() =>
    expect(complaints.splice(0).filter(text => !text.includes('404 (Not Found)'))).to.deep.equal([]),
  )

  const resource = (): string => `http://team.localhost:${web.server.port}/tools`
  const open = (path: string): Promise<void> => goTo(page, web.server.url + path)
  const see = (text: string): Promise<unknown> => page.waitForSelector(`text=${text}`)
  const undo = (): Promise<void> => page.click('.toast >> text=Undo')

  /** Without what every write changes. */
  const settings = ({
    revision: _,
    updated_at: __,
    created_at: ___,
    upstream: ____,
    ...rest
  }: Record): Record => {
    const mcp = rest['mcp'] as Record | undefined
    return {...rest, ...(mcp && {mcp: {...mcp, last_checked: undefined}})}
  }
  const everything = async (): Promise<unknown> =>
    JSON.parse(
      JSON.stringify({
        proxy: settings((await web.api('GET', proxy)) as Record),
        resource: ((await web.api('GET', '/resources')) as {items: Record[]}).items.map(settings),
        route: ((await web.api('GET', '/routes')) as {items: Record[]}).items.map(settings),
      }),
    )

  it('puts a login back for whom it was', async () => {
    const before = await everything()
    await open('/console/proxies/team.localhost/protection')
    await page.click('text=Switch off')
    await see('Anybody may use this proxy')
    await web.api('PATCH', proxy, {description: 'changed meanwhile'})
    await undo()
    await see('Switched on the login of team.localhost again')
    expect(await web.api('GET', proxy)).to.include({description: 'changed meanwhile'})
    await web.api('PATCH', proxy, {description: null})
    expect(await everything()).to.deep.equal(before)
  })

  it('puts an MCP server back, with its resource and the owner of that', async () => {
    const before = await everything()
    await open('/console/proxies/team.localhost/mcp')
    await page.click('text=Switch off')
    await see('is not published as an MCP server')
    expect(await web.api('GET', '/resources')).to.deep.include({items: []})
    await undo()
    await see('Switched on the MCP server of team.localhost again')
    expect(await everything()).to.deep.equal(before)
  })

  it('leaves an MCP server for anybody open to anybody', async () => {
    await web.api('POST', `${proxy}/mcp`, {public: true})
    const before = await everything()
    await open('/console/proxies/team.localhost/mcp')
    await page.click('text=Switch off')
    await see('is not published as an MCP server')
    await undo()
    await see('Switched on the MCP server of team.localhost again')
    expect(await everything()).to.deep.equal(before)
    await web.api('POST', `${proxy}/mcp`, {public: false})
  })

  it('brings a resource back, and a proxy with all that is its own', async () => {
    const before = await everything()
    await open(`/console/resources/${encodeURIComponent(resource())}`)
    await page.click('text=Delete')
    await see('No MCP resources yet')
    await undo()
    await see(`${resource()} is back`)
    expect(await everything()).to.deep.equal(before)
    await open('/console/proxies/team.localhost')
    await page.click('.actions >> text=Delete')
    await see('No proxies yet')
    await undo()
    await see('Proxy team.localhost is back')
    expect(await everything()).to.deep.equal(before)
  })

  it('lets routes apply to a proxy as they did', async () => {
    const before = await everything()
    await open('/console/proxies/team.localhost/routes')
    await page.click('tr:has-text("/two") >> text=Leave out')
    await page.waitForSelector('[aria-label="Routes left out"]')
    await undo()
    await page.waitForSelector('[aria-label="Routes left out"]', {state: 'detached'})
    await page.selectOption('#route-mode', 'none')
    await see('No route applies to this proxy')
    await undo()
    await page.waitForSelector('tr:has-text("/two")')
    expect(await everything()).to.deep.equal(before)
  })

  it('gives routes the priorities they had, by Ctrl-Z too', async () => {
    const before = await everything()
    await open('/console/routes')
    await page.locator('tr:has-text("/three") .grip button').focus()
    await page.keyboard.press('ArrowUp')
    await see('Changed the priority of')
    expect(await everything()).not.to.deep.equal(before)
    await page.keyboard.press('Control+z')
    await page.waitForFunction(() =>
      /\/two[^]*\/three/.test(document.querySelector('tbody')?.textContent ?? ''),
    )
    expect(await everything()).to.deep.equal(before)
    const priority = page.getByLabel('Priority of /one')
    await priority.fill('7')
    await priority.press('Enter')
    await see('Changed the priority of /one')
    await undo()
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('[aria-label="Priority of /one"]')?.value === '60',
    )
    expect(await everything()).to.deep.equal(before)
  })

  it('puts back what a form has saved, and leaves what others changed meanwhile', async () => {
    await open('/console/instances/one/settings')
    await page.fill('#f-description', 'by mistake')
    await page.click('form >> text=Save')
    await see('Saved')
    await web.api('PATCH', '/instances/one', {target_url: 'http://127.0.0.1:2'})
    await undo()
    await see('Put back as it was')
    expect(await web.api('GET', '/instances/one'))
      .to.include({target_url: 'http://127.0.0.1:2'})
      .and.not.have.property('description')
    const before = settings((await web.api('GET', proxy)) as Record)
    for (const [tab, field, value] of [
      ['protection', '#f-required_users', 'octo\nanother'],
      ['mcp', '#f-scopes', 'tools\nothers'],
      ['headers', '#f-custom_headers', 'X-Team=another'],
    ] as const) {
      await open(`/console/proxies/team.localhost/${tab}`)
      await page.fill(field, value)
      await page.click('form >> text=Save')
      await see('Saved')
      expect(settings((await web.api('GET', proxy)) as Record), tab).to.not.deep.equal(before)
      await undo()
      await see('Put back as it was')
      expect(settings((await web.api('GET', proxy)) as Record), tab).to.deep.equal(before)
    }
  })
})
