// Lines that keep coming, the newest in sight.
import {useEffect, useRef} from 'preact/hooks'

/** Lines kept in the page. */
const kept = 2000

export interface LogLines {
  texts: readonly string[]
}
export const emptyLog: LogLines = {texts: []}

export const addLine = ({texts}: LogLines, text: string): LogLines => ({texts: [...texts, text].slice(-kept)})

export function Log({label, lines}: {label: string; lines: LogLines}) {
  const end = useRef<HTMLPreElement>(null)
  useEffect(() => end.current?.scrollTo(0, end.current.scrollHeight), [lines])
  return (
    // oxlint-disable-next-line -- a region that scrolls must be reachable by keyboard
    <pre ref={end} class="log" tabIndex={0} role="region" aria-label={label}>
      {lines.texts.length === 0 ? 'Nothing was written yet.' : lines.texts.join('\n')}
    </pre>
  )
}
