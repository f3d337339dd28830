// A button for what takes a while: it shows that it is at work, and pressed again meanwhile it does nothing.
import type {ButtonHTMLAttributes} from 'preact'
import {useRef, useState} from 'preact/hooks'

/** It keeps the focus, which a disabled one would lose. */
export function Act({run, ...rest}: {run: () => Promise<unknown>} & ButtonHTMLAttributes<HTMLButtonElement>) {
  const [busy, setBusy] = useState(false)
  const isAtWork = useRef(false)
  const press = async (): Promise<void> => {
    if (isAtWork.current) return
    isAtWork.current = true
    setBusy(true)
    try {
      await run()
    } finally {
      isAtWork.current = false
      setBusy(false)
    }
  }
  return (
    <button
      {...rest}
      type="button"
      {...(busy && {'aria-busy': true, 'aria-disabled': true})}
      onClick={() => void press()}
    />
  )
}
