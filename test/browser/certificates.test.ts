// Certificates in the web UI, issued by the real Pebble: with a proxy, for staging first, and refused in the words of the CA.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect} from 'chai'
import type {Page} from 'playwright-core'
import {type Pebble, startPebble} from '../support/pebble.ts'
import {missing, onStaging} from '../support/places.ts'
import {goTo, openWeb, type Web} from '../support/web.ts'

describe('certificates in the web UI', function () {
  this.timeout(60_000)
  let pebble: Pebble
  let staging: Pebble
  let web: Web
  let page: Page
  let complaints: string[]
  before(async () => {
    pebble = await startPebble()
    staging = await startPebble({beside: pebble})
    const bundle = join(pebble.home, 'both.pem')
    writeFileSync(bundle, pebble.bundle + staging.bundle)
    web = await openWeb({
      ...pebble.environment,
      ACME_STAGING_URL: staging.directory,
      ACME_CA_BUNDLE: bundle,
      ACME_PREFLIGHT: 'off',
      HTTP_PORT: String(pebble.httpPort),
      HTTPS_PORT: String(pebble.tlsPort),
    })
    ;({page, complaints} = await web.signedIn())
    page.setDefaultTimeout(30_000)
  })
  after(async () => {
    await web?.close()
    await staging?.stop()
    await pebble?.stop()
  })
  afterEach(() => expect(complaints.splice(0)).to.deep.equal([]))

  const open = (path: string): Promise<void> => goTo(page, web.server.url + path)
  const issuing = (): ReturnType<Page['getByRole']> => page.getByRole('region', {name: 'Issuing'})
  const step = (text: string): ReturnType<Page['getByRole']> =>
    issuing().getByRole('listitem').filter({hasText: text})

  it('come with a new proxy, from one form, with every step', async () => {
    await open('/console/proxies/new')
    await page.fill('#f-hostname', 'shop.example.com')
    await page.fill('#f-target_url', `http://127.0.0.1:${web.upstream}`)
    await page.fill('#f-cert_email', 'shop@example.com')
    await page.locator('form button[type=submit]').click()
    await page.waitForURL('**/console/proxies/shop.example.com')
    await step('renewal').waitFor()
    for (const name of ['account', 'order', 'challenge', 'validation', 'issued'])
      expect(await step(name).getAttribute('class'), name).to.equal('past')
    await page.click('text=Connect')
    await page.click('text=Test it now')
    await page.waitForSelector('text=/certificate signed by Pebble Intermediate CA/')
  })

  it('are tried at the staging CA, then moved to production', async () => {
    await open('/console/certificates/new')
    await page.fill('#f-cert_name', 'trial')
    await page.fill('#f-domains', 'trial.example.com')
    await page.check('#f-staging')
    await page.locator('form button[type=submit]').click()
    await page.waitForURL('**/console/certificates/trial')
    await step('renewal').waitFor()
    await issuing().getByText('staging: browsers do not trust it').waitFor()
    const {fingerprint} = (await web.api('GET', '/certificates/trial')) as {fingerprint: string}
    expect(await missing(page, onStaging, {certificate: 'trial'})).to.deep.equal([])
    await page.click('text=Move to production')
    await issuing().getByText('staging: browsers do not trust it').waitFor({state: 'detached'})
    await page.waitForSelector(`text=${fingerprint}`, {state: 'detached'})
    const after = (await web.api('GET', '/certificates/trial')) as {fingerprint: string; staging: boolean}
    expect(after.staging).to.equal(false)
    expect(after.fingerprint).not.to.equal(fingerprint)
    await page.getByRole('button', {name: 'Move to production'}).waitFor({state: 'detached'})
  })

  it('are renewed when asked again, although it is not due', async () => {
    await open('/console/certificates/trial')
    const {serial} = (await web.api('GET', '/certificates/trial')) as {serial: string}
    await page.getByRole('button', {name: 'Renew'}).click()
    await page.getByRole('button', {name: 'Renew anyway'}).click()
    await page.waitForSelector(`text=${serial}`, {state: 'detached'})
    complaints.splice(0)
  })

  it('that the CA refuses show where it stopped, and what the CA says', async () => {
    await pebble.dns('add-a', {host: 'away.example.com.', addresses: ['127.0.0.9']})
    await open('/console/certificates/new')
    await page.fill('#f-cert_name', 'away')
    await page.fill('#f-domains', 'away.example.com')
    await page.locator('form button[type=submit]').click()
    await page.waitForURL('**/console/certificates/away')
    await page.getByText('The CA says').waitFor()
    expect(await issuing().locator('li.bad').textContent()).to.equal('validationfailed')
    expect(await page.textContent('.notice.bad')).to.contain('127.0.0.9')
    await open('/')
    await page.click('[aria-label="Needs attention"] >> text=away')
    await page.waitForURL('**/console/certificates/away')
  })
})
