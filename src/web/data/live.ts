// What changes while the page is open: one event stream, and data that is read again when its records change.
import {effect, type Signal, signal} from '@preact/signals'
import {useCallback, useEffect, useRef, useState} from 'preact/hooks'
import {consoleOperations} from '../../core/contract/console.ts'
import {Failure, follow, problemIn} from './client.ts'
import {ended, me} from './session.ts'

export type Link = 'connecting' | 'live' | 'lost'
export const link = signal<Link>('connecting')
/** Why the server could not be heard when it was last tried. */
export const trouble = signal<Failure['problem']>()
/** How often the server was heard again after it was lost: what follows something else begins anew. */
export const returns = signal(0)

/** Milliseconds between attempts. */
const soonest = 500
const latest = 5000

let wake = (): void => {}
export const tryNow = (): void => wake()

const counters = new Map<string, Signal<number>>()
function counter(noun: string): Signal<number> {
  const known = counters.get(noun) ?? signal(0)
  counters.set(noun, known)
  return known
}

function touch(noun: string | undefined): void {
  for (const [name, one] of counters) if (noun === undefined || name === noun) one.value++
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise(resolve => {
    wake = resolve
    setTimeout(resolve, milliseconds)
  })

/** Follow while somebody is signed in and looks; a hidden page holds no connection, nor does one without a network. */
export function followChanges(): void {
  const visible = signal(!document.hidden)
  const online = signal(navigator.onLine)
  document.addEventListener('visibilitychange', () => {
    visible.value = !document.hidden
  })
  for (const name of ['online', 'offline'])
    addEventListener(name, () => {
      online.value = navigator.onLine
    })
  effect(() => {
    if (!online.value) link.value = 'lost'
    if (!me.value || ended.value || !visible.value || !online.value) return undefined
    const stop = new AbortController()
    void run(stop.signal)
    return () => stop.abort()
  })
}

async function run(stop: AbortSignal): Promise<void> {
  for (let wait = soonest; !stop.aborted; wait = Math.min(wait * 2, latest)) {
    try {
      for await (const {noun} of follow(consoleOperations.changes, {signal: stop})) {
        if (link.value === 'lost') returns.value++
        link.value = 'live'
        trouble.value = undefined
        wait = soonest
        touch(noun)
      }
    } catch (error) {
      if (error instanceof Failure) trouble.value = error.problem
    }
    if (stop.aborted) return
    link.value = 'lost'
    await pause(wait)
  }
}

export interface Loaded<T> {
  data: T | undefined
  problem: Failure['problem'] | undefined
  reload: () => Promise<void>
}

/** Milliseconds to gather changes before reading again. */
const gather = 150

/**
 * What `load` answers; read again when a record of `nouns` changes, or one of `inputs`, and every `seconds` while the
 * page is looked at.
 */
export function useLive<T>(
  load: () => Promise<T>,
  nouns: readonly string[],
  inputs: readonly unknown[],
  seconds?: number,
): Loaded<T> {
  const [state, setState] = useState<{data?: T; problem?: Failure['problem']}>({})
  const newest = useRef(0)
  const reload = useCallback(async () => {
    const mine = ++newest.current
    try {
      const data = await load()
      if (mine === newest.current) setState({data})
    } catch (error) {
      if (mine !== newest.current) return
      const problem = problemIn(error)
      // What is known stays; that it may be old is said above the page.
      const isTold = problem.code === 'server-unreachable' || problem.code === 'store-unavailable'
      setState(({data}) => (data === undefined ? {problem} : isTold ? {data} : {data, problem}))
    }
  }, inputs)
  useEffect(() => {
    setState({})
    void reload()
    let timer: ReturnType<typeof setTimeout> | undefined
    const stops = nouns.map(noun => {
      let first = true
      return counter(noun).subscribe(() => {
        if (first) first = false
        else {
          clearTimeout(timer)
          timer = setTimeout(() => void reload(), gather)
        }
      })
    })
    const ask = (): void => void (document.hidden || reload())
    const again = seconds === undefined ? undefined : setInterval(ask, seconds * 1000)
    return () => {
      clearTimeout(timer)
      clearInterval(again)
      newest.current++
      for (const stop of stops) stop()
    }
  }, [reload])
  return {data: state.data, problem: state.problem, reload}
}

/** What `load` answers, asked again every `seconds` while the page is looked at; `gone` aborts when it is left. */
export function usePolled<T>(
  load: (gone: AbortSignal) => Promise<T>,
  seconds: number,
  inputs: readonly unknown[],
): T | undefined {
  const [data, setData] = useState<T>()
  useEffect(() => {
    const end = new AbortController()
    const {signal: gone} = end
    const ask = (): void => {
      if (document.hidden) return
      load(gone).then(
        next => gone.aborted || setData(() => next),
        () => {},
      )
    }
    ask()
    const timer = setInterval(ask, seconds * 1000)
    document.addEventListener('visibilitychange', ask)
    return () => {
      end.abort()
      clearInterval(timer)
      document.removeEventListener('visibilitychange', ask)
    }
  }, inputs)
  return data
}
