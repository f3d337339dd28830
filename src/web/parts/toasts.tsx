// Short messages at the edge, with a way back where there is one.
import {signal} from '@preact/signals'
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
  const id = ++last
  toasts.value = [...toasts.value, {id, text, tone, ...(way && {way})}]
  setTimeout(() => dismiss(id), way || tone === 'bad' ? stay * 2 : stay)
}

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

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map(({id, text, tone, way}) => (
      <div key={id} class={`toast ${tone}`}>
        <span>{text}</span>
        {way && (
          <button
            type="button"
            class="link"
            onClick={() => {
              dismiss(id)
              way.run()
            }}
          >
            {way.label}
          </button>
        )}
        <button type="button" class="quiet small" aria-label="Dismiss" onClick={() => dismiss(id)}>
          ✕
        </button>
      </div>
    ))}
  </div>
)
