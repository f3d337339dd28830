// Recent requests, newest first, growing as requests end.
import {useEffect, useRef, useState} from 'preact/hooks'
import {type ExchangeRecord, systemOperations} from '../../core/contract/system.ts'
import {call, type Document, type Failure, follow, problemIn} from './client.ts'

/** How many are kept in the page. */
const kept = 5000
/** Milliseconds between redraws, however many arrive. */
const redraw = 250

/** Milliseconds within which a stream is open. */
const gap = 1500

/** `paused` holds what is shown still; what arrives meanwhile shows afterwards. */
export function useExchanges(filters: Document, first: number, paused = false) {
  const [shown, setShown] = useState<ExchangeRecord[]>()
  const [problem, setProblem] = useState<Failure['problem']>()
  const held = useRef(paused)
  held.current = paused
  useEffect(() => {
    const stop = new AbortController()
    const {signal} = stop
    const waiting = new Map<string, ExchangeRecord>()
    const draw = setInterval(() => {
      if (held.current || waiting.size === 0) return
      const fresh = [...waiting.values()].reverse()
      waiting.clear()
      setShown((known = []) => {
        const old = new Set(known.slice(0, 1000).map(({id}) => id))
        return [...fresh.filter(({id}) => !old.has(id)), ...known].slice(0, kept)
      })
    }, redraw)
    const recent = async (): Promise<ExchangeRecord[]> =>
      (await call(systemOperations.logs, {query: {...filters, limit: first}, signal})).items
    const fillGap = async (): Promise<void> => {
      for (const one of await recent()) waiting.set(one.id, one)
    }
    const run = async (): Promise<void> => {
      setShown((await recent()).toReversed())
      setProblem(undefined)
      // What ended after this look and before the stream was open.
      setTimeout(() => void fillGap().catch(() => {}), gap)
      for await (const one of follow(systemOperations.logsFollow, {query: filters, signal}))
        waiting.set(one.id, one)
    }
    const keepOn = async (): Promise<void> => {
      while (!signal.aborted) {
        await run().catch(error => signal.aborted || setProblem(problemIn(error)))
        if (!signal.aborted) await new Promise(resolve => setTimeout(resolve, 2000))
      }
    }
    void keepOn()
    return () => {
      clearInterval(draw)
      stop.abort()
    }
  }, [JSON.stringify(filters), first])
  return {exchanges: shown, problem}
}
