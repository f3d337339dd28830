// Short messages at the edge, with a way back where there is one; Ctrl-Z takes it too.
import {signal} from '@preact/signals'
import {useEffect, useState} from 'preact/hooks'
import {problemIn} from '../data/client.ts'

interface Toast {
  id: number
  text: string
  tone: 'good' | 'bad'
  /** What can be done about it. */
  way?: {label: string; run: () => void}
}

const toasts = signal<Toast[]>([])
let last = 0

/** Milliseconds a message stays; longer with a way back. */
const stay = 6000

export function toast(text: string, {tone = 'good', way}: Partial<Pick<Toast, 'tone' | 'way'>> = {}): void {
  toasts.value = [...toasts.value, {id: ++last, text, tone, ...(way && {way})}]
}

/** Says what was done, and offers to put it back. */
export const undoable = (text: string, back: () => Promise<unknown>): void =>
  toast(text, {way: {label: undo, run: () => void attempt(back)}})

/** Says that a form was saved, and offers to put back what it changed. */
export const savedOver = (back: () => Promise<unknown>, reload: () => Promise<void>): void =>
  undoable('Saved', async () => {
    await back()
    toast('Put back as it was')
    await reload()
  })

const undo = 'Undo'

/** Does what somebody asked for; says what went wrong. */
export async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    toast(problemIn(error).detail, {tone: 'bad'})
  }
}

const dismiss = (id: number): void => {
  toasts.value = toasts.value.filter(one => one.id !== id)
}

function take({id, way}: Toast): void {
  dismiss(id)
  way?.run()
}

/** Where Ctrl-Z takes back what was typed. */
const typing = 'textarea, input:not([type=checkbox], [type=radio], [type=file])'

function takeBack(event: KeyboardEvent): void {
  if (event.key.toLowerCase() !== 'z' || event.shiftKey || !(event.ctrlKey || event.metaKey)) return
  if ((event.target as Element).matches(typing)) return
  const latest = toasts.value.findLast(({way}) => way?.label === undo)
  if (!latest) return
  event.preventDefault()
  take(latest)
}

export function Toasts() {
  useEffect(() => {
    addEventListener('keydown', takeBack)
    return () => removeEventListener('keydown', takeBack)
  }, [])
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(one => (
        <Message key={one.id} toast={one} />
      ))}
    </div>
  )
}

/** Stays while somebody points at it or has the focus on it. */
function Message({toast: one}: {toast: Toast}) {
  const {id, text, tone, way} = one
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held) return undefined
    const timer = setTimeout(() => dismiss(id), way || tone === 'bad' ? stay * 2 : stay)
    return () => clearTimeout(timer)
  }, [held])
  return (
    <div
      class={`toast ${tone}`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      <span>{text}</span>
      {way && (
        <button
          type="button"
          class="link"
          {...(way.label === undo && {'aria-keyshortcuts': 'Control+Z', title: 'Ctrl-Z'})}
          onClick={() => take(one)}
        >
          {way.label}
        </button>
      )}
      <button type="button" class="quiet small" aria-label="Dismiss" onClick={() => dismiss(id)}>
        ✕
      </button>
    </div>
  )
}
