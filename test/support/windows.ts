// Windows above pages of the web UI, and what opens them.
import type {Page} from 'playwright-core'

/** By name: the page, and how its window opens. */
export const windows: Record<string, readonly [path: string, open: (page: Page) => Promise<unknown>]> = {
  palette: ['/', page => page.click('.find')],
  request: ['/console/requests', page => page.locator('tbody .link').first().click()],
  'proxy-key': ['/console/proxies/tools.localhost/keys', page => page.click('text=New key')],
  'token-removal': ['/console/tokens/ci', page => page.click('.actions .danger')],
  'signing-key': ['/console/oauth', page => page.click('text=New key…')],
  passphrase: ['/console/settings', page => page.click('text=Download a backup…')],
  leave: [
    '/console/instances/new',
    async page => {
      await page.fill('#f-name', 'half')
      await page.click('.crumb a')
    },
  ],
}

/** Closes the window that is open. */
export async function closeWindow(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await page.waitForSelector('dialog', {state: 'detached'})
}
