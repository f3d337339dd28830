// What axe-core finds on a page: WCAG 2.2 AA and best practice. The page must not hold to its content policy.
import {createRequire} from 'node:module'
import type {AxeResults} from 'axe-core'
import type {Page} from 'playwright-core'

const axe = createRequire(import.meta.url).resolve('axe-core')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

type Window = {axe?: {run: (options: object) => Promise<unknown>}}

/** As `rule: the elements`. */
export async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => (globalThis as Window).axe !== undefined)))
    await page.addScriptTag({path: axe})
  const {violations: found} = (await page.evaluate(
    tags => (globalThis as Window).axe?.run({runOnly: tags, resultTypes: ['violations']}),
    rules,
  )) as AxeResults
  return found.map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 120)).join(' | ')}`)
}
