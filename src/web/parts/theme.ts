// Light or dark: as the system says, unless somebody chose.
import {signal} from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'
const place = 'mcpx-theme'

export const theme = signal<Theme>('system')
/** Counts up when colours change, for what paints by itself. */
export const paint = signal(0)

export function applyTheme(): void {
  const kept = localStorage.getItem(place)
  choose(kept === 'light' || kept === 'dark' ? kept : 'system')
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    paint.value++
  })
}

export function choose(next: Theme): void {
  theme.value = next
  if (next === 'system') localStorage.removeItem(place)
  else localStorage.setItem(place, next)
  document.documentElement.dataset['theme'] = next
  paint.value++
}
