// A window above the page; Escape and a click beside it close it. The focus goes back to where it was.
import type {ComponentChildren} from 'preact'
import {useLayoutEffect, useRef, useState} from 'preact/hooks'

export function Dialog({
  label,
  onClose,
  children,
  kind = '',
}: {
  label: string
  onClose: () => void
  children: ComponentChildren
  kind?: string
}) {
  const ref = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const before = document.activeElement
    ref.current?.showModal()
    // While the window stands, the page below takes no focus.
    return () =>
      queueMicrotask(() => {
        if (before instanceof HTMLElement && before.isConnected) before.focus()
      })
  }, [])
  return (
    <dialog
      ref={ref}
      class={kind}
      aria-label={label}
      onClose={onClose}
      onClick={event => event.target === ref.current && onClose()}
    >
      <div class="dialog-body">{children}</div>
    </dialog>
  )
}

/** Asks to type a name before what cannot be undone. */
export function Confirm({
  title,
  text,
  typed,
  action,
  onConfirm,
  onClose,
  children,
}: {
  title: string
  text: string
  typed: string
  action: string
  onConfirm: () => void
  onClose: () => void
  /** What else to decide. */
  children?: ComponentChildren
}) {
  const [given, setGiven] = useState('')
  return (
    <Dialog label={title} onClose={onClose}>
      <form
        onSubmit={event => {
          event.preventDefault()
          if (given === typed) onConfirm()
        }}
      >
        <h2>{title}</h2>
        <p>{text}</p>
        <label class="field">
          <span class="label">
            Type <strong>{typed}</strong> to go on
          </span>
          <input value={given} onInput={event => setGiven(event.currentTarget.value)} autocomplete="off" />
        </label>
        {children}
        <div class="buttons">
          <button type="submit" class="danger" disabled={given !== typed}>
            {action}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}
