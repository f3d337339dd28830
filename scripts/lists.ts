// `node scripts/lists.ts [COUNT]`: how long a list of so many rows takes in the browser. Figures for docs/performance.md.
import {goTo, openWeb} from '../test/support/web.ts'

const count = Number(process.argv[2] ?? 10_000)
const rounds = 10

/** Milliseconds from the event until the page that follows from it is painted: two frames later. */
const painted = (act: string): Promise<number> =>
  new Promise(resolve => {
    const began = performance.now()
    const input = document.querySelector<HTMLInputElement>('[type=search]')
    if (act.startsWith('search ') && input) {
      input.value = act.slice('search '.length)
      input.dispatchEvent(new Event('input', {bubbles: true}))
    } else document.querySelector<HTMLElement>(act)?.click()
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)))
  })

const acts = {
  search: ['search row-0999', 'search 9', 'search '],
  sort: ['th:nth-child(1) .sort', 'th:nth-child(2) .sort'],
  page: ['.pager button:last-child', '.pager button:first-child'],
}

const web = await openWeb()
try {
  const instance = Array.from({length: count}, (_, index) => ({
    name: `row-${String(index).padStart(6, '0')}`,
    target_url: `http://127.0.0.1:${1024 + (index % 60_000)}`,
    description: `the program number ${index}`,
  }))
  await web.api('POST', '/apply', {documents: {instance}})
  const {page} = await web.signedIn()
  const began = performance.now()
  await goTo(page, `${web.server.url}/console/instances`)
  await page.waitForSelector('tbody tr')
  console.log(`${count} rows: there after ${(performance.now() - began).toFixed(0)} ms`)
  for (const [name, steps] of Object.entries(acts)) {
    const times: number[] = []
    for (let round = 0; round < rounds; round++)
      for (const step of steps) times.push(await page.evaluate(painted, step))
    times.sort((one, other) => one - other)
    const at = (part: number): string => (times[Math.ceil(times.length * part) - 1] ?? 0).toFixed(0)
    console.log(`${name}: median ${at(0.5)} ms, slowest ${at(1)} ms`)
  }
  const changed = performance.now()
  await web.api('PATCH', '/instances/row-000000', {description: 'changed elsewhere'})
  await page.waitForSelector('text=changed elsewhere')
  console.log(`a change made elsewhere: seen after ${(performance.now() - changed).toFixed(0)} ms`)
} finally {
  await web.close()
}
