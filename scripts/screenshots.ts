// `npm run screenshots`: every page and window of the web UI in both themes and at phone width, into screenshots/; a word picks
// those whose names hold it. Services are shown where a container engine answers.
import {spawnSync} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import {fill, goTo, openWeb, pages, turnTo} from '../test/support/web.ts'
import {engine, fillServices, type ShownServices} from '../test/support/web-services.ts'
import {closeWindow, windows} from '../test/support/windows.ts'

const folder = new URL('../screenshots/', import.meta.url)
const only = process.argv[2]
const looks = {
  light: {width: 1280, theme: 'light'},
  dark: {width: 1280, theme: 'dark'},
  phone: {width: 360, height: 740, theme: 'light'},
  'phone-dark': {width: 360, height: 740, theme: 'dark'},
  '4k': {width: 3840, height: 2160, theme: 'light'},
} as const

const isWanted = (name: string): boolean => only === undefined || name.includes(only)
const place = (name: string): string => new URL(`${name}.png`, folder).pathname
const hasEngine =
  spawnSync('docker', ['version'], {stdio: 'ignore', env: {...process.env, ...engine}}).status === 0

mkdirSync(folder, {recursive: true})
const web = await openWeb(hasEngine ? engine : {})
let services: ShownServices | undefined
try {
  if (hasEngine) services = await fillServices(web)
  const nobody = await web.browser.newPage({viewport: {width: 1280, height: 900}})
  await nobody.goto(web.server.url)
  await nobody.waitForSelector('#token')
  await nobody.screenshot({path: place('sign-in-light')})
  const first = await web.signedIn()
  await goTo(first.page, web.server.url)
  await first.page.screenshot({path: place('first-steps-light'), fullPage: true})
  const all = Object.entries({...pages, ...services?.pages, ...(await fill(web))})
  for (const [look, options] of Object.entries(looks)) {
    if (![...all, ...Object.entries(windows)].some(([name]) => isWanted(`${name}-${look}`))) continue
    const {page, context} = await web.signedIn(options)
    await goTo(page, web.server.url)
    for (const [name, path] of all) {
      if (!isWanted(`${name}-${look}`)) continue
      await turnTo(page, path)
      await page.screenshot({path: place(`${name}-${look}`), fullPage: look !== '4k'})
    }
    for (const [name, [path, open]] of Object.entries(windows)) {
      if (!isWanted(`window-${name}-${look}`)) continue
      await turnTo(page, path)
      await open(page)
      await page.waitForSelector('dialog')
      await page.screenshot({path: place(`window-${name}-${look}`)})
      await closeWindow(page)
    }
    await context.close()
  }
} finally {
  await services?.remove()
  await web.close()
}
