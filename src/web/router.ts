// Which page the address names; links are ordinary, followed without loading anew.
import {computed, signal} from '@preact/signals'
import {isUnsaved, unlessUnsaved} from './data/unsaved.ts'

export const base = '/console'

const address = signal(location.pathname)

/** Parts of the address below `base`, decoded: `['proxies', 'app.example.com', 'routes']`. */
export const place = computed(() =>
  address.value.replace(base, '').split('/').filter(Boolean).map(decodeURIComponent),
)

export const linkTo = (...parts: string[]): string =>
  parts.length === 0 ? '/' : `${base}/${parts.map(encodeURIComponent).join('/')}`

/** Which entry of the history is shown, counted from the first of this tab. */
let position = 0

interface Place {
  at?: number
}
const placeOf = (state: unknown): number => (state as Place | null)?.at ?? 0

/** To another view of the same page, which stays where it is scrolled to. */
export function turnTo(href: string, replace = false): void {
  if (!replace) position++
  history[replace ? 'replaceState' : 'pushState']({at: position} satisfies Place, '', href)
  address.value = location.pathname
}

export function go(href: string, replace = false): void {
  turnTo(href, replace)
  scrollTo(0, 0)
}

const isOurs = (path: string): boolean =>
  path === '/' || path === base || (path.startsWith(`${base}/`) && !path.startsWith(`${base}/assets/`))

/** As `go`, but first asks whoever would lose what was typed. */
export const visit = (href: string): void => unlessUnsaved(() => go(href))

/** Take over the links of the page and the buttons of the browser. */
export function followAddress(): void {
  position = placeOf(history.state)
  addEventListener('popstate', ({state}) => {
    const steps = placeOf(state) - position
    if (isUnsaved() && steps !== 0) {
      // The browser has gone already: back to where the question is.
      history.go(-steps)
      return unlessUnsaved(() => history.go(steps))
    }
    position += steps
    address.value = location.pathname
  })
  addEventListener('beforeunload', event => {
    if (isUnsaved()) event.preventDefault()
  })
  document.addEventListener('click', event => {
    const link = (event.target as Element).closest('a')
    if (!link || event.defaultPrevented || event.button !== 0 || link.target) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    if (link.origin !== location.origin || !isOurs(link.pathname) || link.hash) return
    event.preventDefault()
    visit(link.pathname)
  })
}
