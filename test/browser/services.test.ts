// Services in the web UI on a real container engine: made, built, watched, published, stopped, deleted.
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, dirname, join} from 'node:path'
import {expect} from 'chai'
import type {Page} from 'playwright-core'
import {largestContext} from '../../src/core/contract/service.ts'
import {violations} from '../support/accessibility.ts'
import {base, busybox, dockerHost, images, useDocker} from '../support/docker.ts'
import {Keyboard} from '../support/keyboard.ts'
import {missing, onServices, onStopped} from '../support/places.ts'
import {unique} from '../support/services.ts'
import {goTo, openWeb, turnTo, type Web} from '../support/web.ts'

describe('services in the web UI', function () {
  this.timeout(90_000)
  let web: Web
  let page: Page
  let complaints: string[]
  let keyboard: Keyboard
  const name = unique('ui-web')
  const built = unique('ui-built')
  const sent = unique('ui-sent')
  before(async () => {
    await useDocker()
    web = await openWeb({DOCKER_HOST: dockerHost})
    ;({page, complaints} = await web.signedIn({bypassCSP: true}))
    page.setDefaultTimeout(30_000)
    keyboard = new Keyboard(page)
  })
  after(async () => {
    for (const service of [name, built, sent])
      await web?.api('DELETE', `/services/${service}?delete_proxy=true`).catch(() => {})
    await web?.close()
  })
  /** Asked for while it was stopped or deleted, what it uses may be refused, and anything of what was deleted. */
  let deleted = 'nothing yet'
  const isLate = (text: string): boolean => /status of 409 .*\/stats /.test(text) || text.includes(deleted)
  afterEach(() => expect(complaints.splice(0).filter(text => !isLate(text))).to.deep.equal([]))

  const open = (path: string): Promise<void> => goTo(page, web.server.url + path)
  const badge = (text: string): string => `.state .badge:text-is("${text}")`
  const status = (text: string): Promise<unknown> => page.waitForSelector(badge(text))

  /** Containers change the networks of this machine; then the browser gives up what it asks, and a person asks again. */
  const insist = async (act: () => Promise<unknown>, outcome: string): Promise<void> => {
    const refused = page.locator('.toast.bad').last()
    for (;;) {
      await act()
      const text = await Promise.race([status(outcome).then(() => undefined), refused.textContent()])
      if (text === undefined) return
      expect(text).to.contain('No answer from the server')
      await refused.waitFor({state: 'detached'})
      if (await page.locator(badge(outcome)).isVisible()) return
    }
  }

  it('are made in a form, by keyboard too, and tell how they start and what they use', async () => {
    await open('/console/services')
    await keyboard.press('New service')
    await keyboard.write('#f-service_name', name)
    await keyboard.key('Enter')
    await page.waitForSelector('#f-image-error:text("This is needed")')
    await page.waitForSelector('#f-image:focus')
    await keyboard.write('#f-image', images.web)
    await keyboard.key('Enter')
    await page.waitForURL(`**/console/services/${name}`)
    await status('running')
    await page.waitForSelector('[aria-label^="CPU: now"] canvas')
    await page.waitForSelector('[aria-label^="Memory: now"] canvas')
    expect(await page.textContent('.figures')).to.match(/Memory of 512 MiB[\d.]+ MiB/)
  })

  it('publish ports, which stand on the map, and get them back when one was removed', async () => {
    const ports = async () => ((await web.api('GET', '/ports')) as {items: [{host: number}]}).items
    await keyboard.press('Ports')
    await page.waitForURL('**/ports')
    await keyboard.write('#f-name', 'http')
    await keyboard.write('#f-container', '8080')
    await keyboard.key('Enter')
    const row = page.locator('[aria-label="Ports"] tbody tr')
    await row.waitFor()
    const before = await ports()
    await keyboard.press('Remove')
    await row.waitFor({state: 'detached'})
    await page.waitForSelector('.toast >> text=Removed port http')
    await keyboard.key('Control+z')
    await row.waitFor()
    expect(await ports()).to.deep.equal(before)
    complaints.splice(0)
    const [{host}] = before
    await open('/console/ports')
    await page.waitForSelector(`[aria-label="exposed: ${host} ${name}/http"]`)
    await page.fill('[aria-label="Check a port"] input', String(host))
    await page.click('[aria-label="Check a port"] button[type=submit]')
    await page.waitForSelector('[aria-label="Check a port"] >> text=taken')
  })

  it('are opened by port tokens, until those are revoked', async () => {
    await keyboard.find('New port token')
    await keyboard.write('#f-token_name', 'partner')
    await keyboard.write('#f-allowed_services', name)
    await keyboard.press('Create port token')
    const secret = (await page.textContent('[aria-label="Secret"] code')) ?? ''
    await keyboard.press('I have it')
    await keyboard.find('Ports')
    await keyboard.write('#try-token', secret)
    await keyboard.write('#try-service', name)
    await keyboard.key('Enter')
    await page.waitForSelector('text=opens it')
    expect(await missing(page, onServices, {service: name, token: 'partner'})).to.deep.equal([])
    await keyboard.find('partner')
    await keyboard.press('Revoke')
    await page.waitForSelector('dialog input:focus')
    await page.keyboard.type('partner')
    await keyboard.key('Enter')
    await page.waitForURL('**/console/port-tokens')
  })

  it('are told in words', async () => {
    await open(`/console/services/${name}`)
    const facts = (await page.locator('.facts').allTextContents()).join()
    expect(facts)
      .to.contain('container 8080')
      .and.not.match(/\b(true|false)\b/)
  })

  it('have figures that stand beside one another, however long one is', async () => {
    await page.waitForSelector('.figures')
    const tops = await page.evaluate(() => {
      const figures = [...document.querySelectorAll('.figures dd')]
      const long = document.createElement('p')
      long.textContent = 'many words '.repeat(20)
      figures[1]?.append(long)
      const found = figures.slice(0, 2).map(one => one.getBoundingClientRect().top)
      long.remove()
      return found
    })
    expect(tops[0]).to.be.a('number').and.equal(tops[1])
  })

  it('get a public hostname, which answers through the gateway', async () => {
    await open(`/console/services/${name}/proxy`)
    await page.fill('#f-hostname', 'svc.localhost')
    await page.locator('form button[type=submit]').click()
    await page.waitForURL('**/console/proxies/svc.localhost')
    await open('/console/proxies/svc.localhost/connect')
    await page.click('text=Test it now')
    await page.waitForSelector('[aria-label=Test] >> text=/\\d+ in \\d+ ms/')
  })

  it('are looked at by everybody', async () => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({colorScheme})
      for (const tab of ['', '/logs', '/ports', '/proxy', '/settings']) {
        await open(`/console/services/${name}${tab}`)
        expect(await violations(page), `${tab} ${colorScheme}`).to.deep.equal([])
      }
    }
    const size = page.viewportSize()
    await page.setViewportSize({width: 360, height: 740})
    for (const tab of ['', '/logs', '/ports', '/proxy', '/settings']) {
      await turnTo(page, `/console/services/${name}${tab}`)
      expect(await page.evaluate(() => document.documentElement.scrollWidth), tab).to.equal(360)
    }
    if (size) await page.setViewportSize(size)
  })

  it('are stopped and started by their buttons', async () => {
    await open(`/console/services/${name}`)
    await insist(() => keyboard.press('Stop'), 'stopped')
    expect(await missing(page, onStopped, {service: name})).to.deep.equal([])
    await insist(() => keyboard.press('Start'), 'running')
    await insist(() => page.getByRole('button', {name: 'Stop', exact: true}).click(), 'stopped')
    await page.locator('.toast', {hasText: 'Stopped'}).last().getByText('Undo').click()
    await status('running')
  })

  it('are built from a Dockerfile, with the output of the build and then their log, live', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mcpx-ui-build-'))
    try {
      copyFileSync(busybox(), join(directory, 'busybox'))
      writeFileSync(join(directory, 'env'), '#!/bin/sh\nenv\n', {mode: 0o755})
      writeFileSync(
        join(directory, 'Dockerfile'),
        [...base, 'CMD ["sh", "-c", "trap exit TERM; while true; do echo tick; sleep 1; done"]', ''].join(
          '\n',
        ),
      )
      await open('/console/services/new')
      await page.fill('#f-service_name', built)
      await page.getByLabel('a directory on the machine of mcpx').check()
      await page.locator('form button[type=submit]').click()
      await page.waitForSelector('#f-dockerfile_path-error:text("This is needed")')
      await page.fill('#f-dockerfile_path', 'Dockerfile')
      await page.fill('#f-build_context', directory)
      await page.locator('form button[type=submit]').click()
      await page.waitForURL(`**/console/services/${built}`)
      await page.waitForSelector(`[aria-label="Progress of ${built}"] >> text=/FROM scratch/`)
      await status('running')
      await page.click('text=Logs')
      await page.waitForSelector(`[aria-label="Log of ${built}"] >> text=/tick\\s+tick/`)
    } finally {
      rmSync(directory, {recursive: true, force: true})
    }
  })

  describe('built from a folder of the browser', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcpx-ui-folder-'))
    const far = `${'a long way/'.repeat(12)}ünder/words.txt`
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, path)), {recursive: true})
      writeFileSync(join(folder, path), text)
    }
    before(() => {
      copyFileSync(busybox(), join(folder, 'busybox'))
      write('env', '#!/bin/sh\nenv\n')
      write(far, 'from afar\n')
      write('.dockerignore', 'unneeded\n')
      write('unneeded/large.bin', 'x'.repeat(10_000))
      const says = "ls /app | tr '\\n' ' '; cat '/app/$FAR'; trap exit TERM; while true; do sleep 1; done"
      write(
        'Dockerfile',
        [...base, 'COPY . /app', `CMD ["sh", "-c", ${JSON.stringify(says.replace('$FAR', far))}]`, ''].join(
          '\n',
        ),
      )
      write(
        'broken/Dockerfile',
        [...base, 'RUN ["/bin/sh", "-c", "echo it breaks here; exit 7"]', ''].join('\n'),
      )
    })
    after(() => rmSync(folder, {recursive: true, force: true}))

    const choose = async (): Promise<void> => {
      await open('/console/services/new')
      await page.fill('#f-service_name', sent)
      await page.getByLabel('a folder of this computer').check()
      await page.setInputFiles('[aria-label=Folder] input[type=file]', folder)
      await page.waitForSelector('[aria-label=Folder] >> text=/6 files, .* 1 file left out/')
    }

    it('say what is wrong with a build, in its own words', async () => {
      await choose()
      expect(await violations(page)).to.deep.equal([])
      const size = page.viewportSize()
      await page.setViewportSize({width: 360, height: 740})
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(360)
      if (size) await page.setViewportSize(size)
      await page.selectOption('#dockerfile', 'broken/Dockerfile')
      expect(await page.textContent('.as-command code')).to.equal(
        `mcpx service create ${sent} --dockerfile ${basename(folder)}/broken/Dockerfile --build-context ${basename(folder)}`,
      )
      await page.locator('form button[type=submit]').click()
      await page.waitForURL(`**/console/services/${sent}`)
      await page.waitForSelector(`[aria-label="Progress of ${sent}"] >> text=/it breaks here/`)
      await status('failed')
      await page.waitForSelector('.notice.bad >> text=/returned a non-zero code: 7|exit code: 7/')
      await page.waitForSelector('.notice.bad >> text=/it breaks here/')
    })

    it('say in the list why they failed, and what they were built from', async () => {
      await open('/console/services')
      const row = page.locator('tbody tr', {hasText: sent})
      await row.locator('.reason', {hasText: '7'}).waitFor()
      expect(await row.textContent()).to.contain('built from broken/Dockerfile')
    })

    it('run, without what .dockerignore names, once another folder was sent', async () => {
      await open(`/console/services/${sent}/settings`)
      await page.setInputFiles('[aria-label=Folder] input[type=file]', folder)
      await page.waitForSelector('#dockerfile')
      await page.locator('form button[type=submit]').click()
      await page.waitForSelector('text=Saved')
      await open(`/console/services/${sent}`)
      await status('running')
      await page.click('text=Logs')
      await page.waitForSelector(`[aria-label="Log of ${sent}"] >> text=/from afar/`)
      const log = (await page.textContent(`[aria-label="Log of ${sent}"]`)) ?? ''
      expect(log).to.contain('Dockerfile').and.not.contain('unneeded')
    })

    it('are not sent when the name is taken', async () => {
      const uploads: string[] = []
      const note = (request: {url(): string}): unknown =>
        request.url().endsWith('/services/contexts') && uploads.push(request.url())
      page.on('request', note)
      try {
        await choose()
        await page.locator('form button[type=submit]').click()
        await page.waitForSelector(`text=service ${sent} exists already`)
        expect(uploads).to.deep.equal([])
      } finally {
        page.off('request', note)
      }
      // The browser says that it was refused.
      complaints.splice(0)
    })

    it('need a folder that holds a Dockerfile', async () => {
      await open('/console/services/new')
      await page.fill('#f-service_name', 'nothing')
      await page.getByLabel('a folder of this computer').check()
      await page.locator('form button[type=submit]').click()
      await page.waitForSelector('[role=alert] >> text=No folder was chosen')
      await page.setInputFiles('[aria-label=Folder] input[type=file]', join(folder, 'unneeded'))
      await page.waitForSelector('text=There is no Dockerfile in it')
    })

    it('can be dropped; one that is too large is told before it is sent', async () => {
      const large = join(folder, 'large.bin')
      writeFileSync(large, '')
      truncateSync(large, largestContext)
      const {x = 0, y = 0} = (await page.locator('[aria-label=Folder]').boundingBox()) ?? {}
      const session = await page.context().newCDPSession(page)
      const where = {x: x + 9, y: y + 9, data: {items: [], files: [folder], dragOperationsMask: 1}}
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
        await session.send('Input.dispatchDragEvent', {type, ...where})
      await page.waitForSelector('[aria-label=Folder] >> text=/more than the server takes.*large.bin/')
      await page.locator('form button[type=submit]').click()
      await page.waitForSelector('[role=alert] >> text=at most 1 GiB')
    })
  })

  it('are deleted once their name was typed', async () => {
    await open(`/console/services/${built}`)
    await page.click('text=Delete')
    await page.fill('dialog input', built)
    deleted = `/services/${built}`
    await page.click('dialog button.danger')
    await page.waitForURL('**/console/services')
    await page.waitForSelector(`tbody >> text=${built}`, {state: 'detached'})
  })
})
