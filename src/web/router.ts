// Which page the address names; links are ordinary, followed without loading anew.
import {computed, signal} from '@preact/signals'

export const base = '/console'

const address = signal(location.pathname)

/** Parts of the address below `base`, decoded: `['proxies', 'app.example.com', 'routes']`. */
export const place = computed(() =>
  address.value.replace(base, '').split('/').filter(Boolean).map(decodeURIComponent),
)

export const linkTo = (...parts: string[]): string =>
  parts.length === 0 ? '/' : `${base}/${parts.map(encodeURIComponent).join('/')}`

/** To another view of the same page, which stays where it is scrolled to. */
export function turnTo(href: string, replace = false): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', href)
  address.value = location.pathname
}

export function go(href: string, replace = false): void {
  turnTo(href, replace)
  scrollTo(0, 0)
}

const isOurs = (path: string): boolean =>
  path === '/' || path === base || (path.startsWith(`${base}/`) && !path.startsWith(`${base}/assets/`))

/** Take over the links of the page and the buttons of the browser. */
export function followAddress(): void {
  addEventListener('popstate', () => {
    address.value = location.pathname
  })
  document.addEventListener('click', event => {
    const link = (event.target as Element).closest('a')
    if (!link || event.defaultPrevented || event.button !== 0 || link.target) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    if (link.origin !== location.origin || !isOurs(link.pathname) || link.hash) return
    event.preventDefault()
    go(link.pathname)
  })
}
