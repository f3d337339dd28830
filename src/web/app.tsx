// The frame around every page: navigation, who is signed in, and the page that the address names.
import {useEffect, useRef, useState} from 'preact/hooks'
import {can} from './data/client.ts'
import {link} from './data/live.ts'
import {nounAt, nouns} from './data/nouns.tsx'
import {ended, followOtherTabs, me, signInProblem, signingIn, signOut} from './data/session.ts'
import {Dashboard} from './pages/dashboard.tsx'
import {Missing} from './pages/missing.tsx'
import {NewRecord} from './pages/new-record.tsx'
import {OAuth} from './pages/oauth.tsx'
import {OtherOperation} from './pages/other-operation.tsx'
import {Ports} from './pages/ports.tsx'
import {Record} from './pages/record.tsx'
import {Records} from './pages/records.tsx'
import {Requests} from './pages/requests.tsx'
import {RoutesPage} from './pages/routes.tsx'
import {Settings} from './pages/settings.tsx'
import {SignIn, SignInAgain} from './pages/sign-in.tsx'
import {Welcome} from './pages/welcome.tsx'
import {Leave} from './parts/leave.tsx'
import {Palette} from './parts/palette.tsx'
import {Toasts} from './parts/toasts.tsx'
import {Trouble} from './parts/trouble.tsx'
import {linkTo, place} from './router.ts'

export function App() {
  useEffect(followOtherTabs, [])
  if (!me.value || (!ended.value && (signingIn.value || signInProblem.value))) return <SignIn />
  return (
    <>
      {ended.value && <SignInAgain />}
      <div hidden={ended.value}>
        <Shell key={`${me.value.name} ${me.value.person}`} />
      </div>
    </>
  )
}

function Shell() {
  const [menu, setMenu] = useState(false)
  const [palette, setPalette] = useState(false)
  const at = place.value.join('/')
  const reached = useReached(at)
  useEffect(() => setMenu(false), [at])
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setMenu(false)
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      setPalette(open => !open)
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <div class={`shell ${menu ? 'menu-open' : ''}`}>
        <header class="bar">
          <button
            type="button"
            class="quiet menu-button"
            aria-expanded={menu}
            aria-controls="navigation"
            onClick={() => setMenu(!menu)}
          >
            <span aria-hidden="true">☰</span>
            <span class="hidden">Menu</span>
          </button>
          <a class="brand" href="/">
            mcpx
          </a>
          <button type="button" class="find" onClick={() => setPalette(true)}>
            <span>Find or do…</span>
            <kbd>Ctrl K</kbd>
          </button>
          <LinkState />
          <Person />
        </header>
        <nav id="navigation" class="side" aria-label="Main">
          <Navigation onFollow={() => setMenu(false)} />
        </nav>
        <main id="main" tabIndex={-1}>
          <Trouble />
          <Page key={place.value[0] === 'requests' ? 'requests' : at} />
        </main>
      </div>
      {palette && <Palette onClose={() => setPalette(false)} />}
      <Leave />
      <p class="hidden" role="status">
        {reached}
      </p>
      <Toasts />
    </>
  )
}

/** The page somebody came to, to be said aloud; what had the focus may be gone with the last one. */
function useReached(at: string): string {
  const [reached, setReached] = useState('')
  const last = useRef(at)
  useEffect(() => {
    if (last.current === at) return
    last.current = at
    setReached(document.title)
    if (document.activeElement === document.body)
      document.getElementById('main')?.focus({preventScroll: true})
  }, [at])
  return reached
}

const LinkState = () => (
  <span class={`link-state ${link.value}`} role="status">
    {link.value === 'live' ? 'Live' : link.value === 'lost' ? 'Reconnecting…' : 'Connecting…'}
  </span>
)

function Person() {
  const menu = useRef<HTMLDetailsElement>(null)
  const close = (): void => void (menu.current && (menu.current.open = false))
  return (
    <details
      ref={menu}
      class="person"
      onFocusOut={event => {
        if (!menu.current?.contains(event.relatedTarget as Node | null)) close()
      }}
      onKeyDown={event => {
        if (event.key !== 'Escape' || !menu.current?.open) return
        close()
        menu.current.querySelector('summary')?.focus()
      }}
    >
      <summary>{me.value?.person ?? me.value?.name}</summary>
      <div class="menu">
        <a href={linkTo('settings')} onClick={close}>
          Settings
        </a>
        <button type="button" class="link" onClick={() => void signOut(false)}>
          Sign out
        </button>
      </div>
    </details>
  )
}

/** `onFollow` hears of it also when one is there already. */
function Navigation({onFollow}: {onFollow: () => void}) {
  const [current] = place.value
  const entry = (href: string, title: string, path: string | undefined) => (
    <li key={href}>
      <a href={href} aria-current={current === path ? 'page' : undefined} onClick={onFollow}>
        {title}
      </a>
    </li>
  )
  const group = (name: string) =>
    nouns()
      .filter(one => one.group === name)
      .map(({path, title}) => entry(linkTo(path), title, path))
  /** Pages beside lists of records, and their place in the group. */
  const more: Record<string, [at: number, entries: preact.JSX.Element[]]> = {
    Machines: [1, can('port.list') ? [entry(linkTo('ports'), 'Ports', 'ports')] : []],
    Access: [0, can('oauth.health') ? [entry(linkTo('oauth'), 'OAuth', 'oauth')] : []],
  }
  return (
    <>
      <ul>
        {entry('/', 'Dashboard', undefined)}
        {entry(linkTo('requests'), 'Requests', 'requests')}
      </ul>
      {['Traffic', 'Machines', 'Access'].map(name => {
        const [at, extra] = more[name] ?? [0, []]
        const entries = group(name).toSpliced(at, 0, ...extra)
        return entries.length > 0 ? (
          <div key={name}>
            <h2>{name}</h2>
            <ul>{entries}</ul>
          </div>
        ) : null
      })}
      <ul class="last">
        {entry(linkTo('settings'), 'Settings', 'settings')}
        <li>
          <a href="/docs" target="_blank" rel="noreferrer">
            API documentation
          </a>
        </li>
      </ul>
    </>
  )
}

function Page() {
  const [first, key, tab] = place.value
  if (first === undefined) return <Dashboard />
  if (first === 'requests') return <Requests id={key} />
  if (first === 'settings') return <Settings />
  if (first === 'welcome') return <Welcome hostname={key} step={tab} />
  if (first === 'do' && key !== undefined) return <OtherOperation id={key} />
  if (first === 'ports' && can('port.list')) return <Ports />
  if (first === 'oauth' && can('oauth.health')) return <OAuth />
  const noun = nounAt(first)
  if (!noun) return <Missing />
  if (key === undefined) return first === 'routes' ? <RoutesPage noun={noun} /> : <Records noun={noun} />
  if (key === 'new' && tab === undefined) return <NewRecord noun={noun} />
  return <Record noun={noun} name={key} tab={tab ?? 'overview'} />
}
