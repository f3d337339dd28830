// `npm run screenshots`: every page of the web UI in both themes and at phone width, into screenshots/.
import {mkdirSync} from 'node:fs'
import {fill, goTo, openWeb, pages, turnTo} from '../test/support/web.ts'

const folder = new URL('../screenshots/', import.meta.url)
const only = process.argv[2]
const looks = {
  light: {width: 1280, theme: 'light'},
  dark: {width: 1280, theme: 'dark'},
  phone: {width: 360, height: 740, theme: 'light'},
  'phone-dark': {width: 360, height: 740, theme: 'dark'},
  '4k': {width: 3840, height: 2160, theme: 'light'},
} as const

mkdirSync(folder, {recursive: true})
const web = await openWeb()
try {
  const nobody = await web.browser.newPage({viewport: {width: 1280, height: 900}})
  await nobody.goto(web.server.url)
  await nobody.waitForSelector('#token')
  await nobody.screenshot({path: new URL('sign-in-light.png', folder).pathname})
  const first = await web.signedIn()
  await goTo(first.page, web.server.url)
  await first.page.screenshot({path: new URL('first-steps-light.png', folder).pathname, fullPage: true})
  const all = Object.entries({...pages, ...(await fill(web))})
  for (const [look, options] of Object.entries(looks)) {
    const {page, context} = await web.signedIn(options)
    await goTo(page, web.server.url)
    for (const [name, path] of all) {
      if (only && !`${name}-${look}`.includes(only)) continue
      await turnTo(page, path)
      await page.screenshot({path: new URL(`${name}-${look}.png`, folder).pathname, fullPage: look !== '4k'})
    }
    await context.close()
  }
} finally {
  await web.close()
}
