// A sign of life while something is waited for, on standard error, and only where somebody looks at it.
import {exitCodes} from './exit-codes.ts'
import {printable} from './printable.ts'
import {terminalWidth} from './terminal-width.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
/** Milliseconds of a frame, and before the first: what is quick does not flicker. */
const pace = 100
const patience = 400

/** A terminal that understands control sequences, of a person who wants them: not CI, not NO_COLOR, not `dumb`. */
export const isAnimated = (
  {isTTY}: {isTTY?: boolean},
  {NO_COLOR, CI, TERM}: Record<string, string | undefined>,
): boolean => isTTY === true && !NO_COLOR && !CI && TERM !== 'dumb'

export class Spinner {
  readonly #text: string
  #timer: NodeJS.Timeout | undefined
  #isShown = false

  constructor(text: string) {
    this.#text = printable(text).split('\n', 1)[0] ?? ''
  }

  readonly #interrupted = (): never => {
    this.stop()
    process.exit(exitCodes.interrupted)
  }

  start(): void {
    process.once('SIGINT', this.#interrupted)
    const begun = Date.now()
    let frame = 0
    this.#timer = setInterval(() => {
      if (Date.now() - begun < patience) return
      const room = Math.max(0, terminalWidth(process.stderr, process.env) - 3)
      process.stderr.write(`\r${frames[frame++ % frames.length]} ${this.#text.slice(0, room)}`)
      this.#isShown = true
    }, pace)
  }

  /** Makes room for a line; it comes back by itself below. */
  clear(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K')
    this.#isShown = false
  }

  stop(): void {
    process.off('SIGINT', this.#interrupted)
    clearInterval(this.#timer)
    this.clear()
  }
}
