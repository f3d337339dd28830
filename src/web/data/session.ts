// Who is signed in. The cookie is out of reach of scripts; what must come beside it is kept here, for this origin only.
import {signal} from '@preact/signals'
import type {ProblemDocument} from '../../core/problem.ts'
import {go} from '../router.ts'

export interface Me {
  name: string
  admin: boolean
  /** Whether there is any image that they may run as a service. */
  services: boolean
  /** Who signed in by a login elsewhere. */
  person?: string
  /** Goes into the header `x-csrf-token` of every call. */
  proof: string
}

const place = 'mcpx-session'
const wantedPlace = 'mcpx-wanted'

export const me = signal(stored())
/** Whether a link is being used right now. */
export const signingIn = signal(false)
/** Whether the server knows the session no more; the page stays, out of sight, for whoever signs in again. */
export const ended = signal(false)
export const signInProblem = signal<ProblemDocument | undefined>(undefined)

function stored(): Me | undefined {
  try {
    return (JSON.parse(localStorage.getItem(place) ?? 'null') as Me | null) ?? undefined
  } catch {
    return undefined
  }
}

function keep(next: Me | undefined): void {
  if (next) localStorage.setItem(place, JSON.stringify(next))
  else localStorage.removeItem(place)
  ended.value = false
  me.value = next
}

/** Sign in with a token or a link; what is wrong lands in `signInProblem`. */
export async function signIn(secret: {token: string} | {link: string}): Promise<void> {
  signingIn.value = true
  signInProblem.value = undefined
  try {
    const response = await fetch('/.mcpx/session', {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify(secret),
    })
    const answer: unknown = await response.json()
    if (response.ok) keep(answer as Me)
    else signInProblem.value = answer as ProblemDocument
  } finally {
    signingIn.value = false
  }
}

/** Use the link in the address, if there is one, and take it out of the history. */
export async function signInByLink(): Promise<void> {
  const link = new URLSearchParams(location.hash.slice(1)).get('link')
  if (link === null) return
  const wanted = sessionStorage.getItem(wantedPlace)
  sessionStorage.removeItem(wantedPlace)
  history.replaceState(null, '', location.pathname)
  await signIn({link})
  if (me.value && wanted !== null) go(wanted, true)
}

/** What each login is called that leads in here. */
export async function loginWays(): Promise<Record<string, string>> {
  const response = await fetch('/.mcpx/logins')
  return response.ok ? ((await response.json()) as Record<string, string>) : {}
}

/** Go to a login elsewhere; it comes back with a link, to the page that was wanted. */
export async function leaveFor(way: string): Promise<void> {
  signInProblem.value = undefined
  const response = await fetch('/.mcpx/logins', {
    method: 'POST',
    headers: {'content-type': 'application/json'},
    body: JSON.stringify({way}),
  })
  const answer: unknown = await response.json()
  if (!response.ok) {
    signInProblem.value = answer as ProblemDocument
    return
  }
  sessionStorage.setItem(wantedPlace, location.pathname)
  location.assign((answer as {url: string}).url)
}

export async function signOut(everywhere: boolean): Promise<void> {
  const proof = me.value?.proof ?? ''
  await fetch(`/.mcpx/session${everywhere ? '?everywhere=true' : ''}`, {
    method: 'DELETE',
    headers: {'x-csrf-token': proof},
  })
  keep(undefined)
}

/** The server knows the session no more. */
export const forget = (): void => {
  ended.value = me.value !== undefined
}

/** Another tab signed in or out. */
export function followOtherTabs(): () => void {
  const listen = (event: StorageEvent): void => {
    if (event.key !== place) return
    ended.value = false
    me.value = stored()
  }
  addEventListener('storage', listen)
  return () => removeEventListener('storage', listen)
}
