// What was typed and not saved yet: whoever leaves it is asked first.
import {signal} from '@preact/signals'
import {useLayoutEffect} from 'preact/hooks'

const kept = new Set<object>()

/** What goes on should the person choose to leave; undefined while nobody is asked. */
export const leaving = signal<(() => void) | undefined>(undefined)

export const isUnsaved = (): boolean => kept.size > 0

/** Hold on to this page while `isDirty`. */
export function useUnsaved(isDirty: boolean): void {
  useLayoutEffect(() => {
    if (!isDirty) return undefined
    const mine = {}
    kept.add(mine)
    return () => void kept.delete(mine)
  }, [isDirty])
}

/** Goes on at once where nothing would be lost, else once the person says so. */
export function unlessUnsaved(goOn: () => void): void {
  if (!isUnsaved()) return goOn()
  leaving.value = () => {
    leaving.value = undefined
    kept.clear()
    goOn()
  }
}
