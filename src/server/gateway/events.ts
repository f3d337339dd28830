// Server-sent events on their way through: kept alive when idle, and the old transport's endpoint made public.
import type {ServerResponse} from 'node:http'

const comment = ':\n\n'
/** How much of a first event is held back to look at it. */
const firstEventMost = 16_384

/** Text of an event stream between upstream and client; both in UTF-8, uncompressed. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #rewrite: (url: string) => string
  readonly #timer: NodeJS.Timeout | undefined
  #first: Buffer | undefined = Buffer.alloc(0)
  /** The last bytes sent; a stream begins at an event boundary. */
  #tail = '\n\n'

  /** `keepAlive` in ms, 0 for never; `rewrite` gives the public form of an endpoint URL. */
  constructor(response: ServerResponse, keepAlive: number, rewrite: (url: string) => string) {
    this.#response = response
    this.#rewrite = rewrite
    if (keepAlive > 0) this.#timer = setInterval(() => this.#idle(), keepAlive).unref()
  }

  /** What to send for `chunk`, possibly nothing yet. */
  pass(chunk: Buffer): Buffer | undefined {
    const out = this.#first === undefined ? chunk : this.#begin(chunk)
    if (out === undefined || out.length === 0) return undefined
    this.#timer?.refresh()
    this.#tail = (this.#tail + out.toString('latin1', Math.max(0, out.length - 3))).slice(-3)
    return out
  }

  /** The stream is over; answers what was still held back. */
  end(): Buffer | undefined {
    clearInterval(this.#timer)
    const rest = this.#first
    this.#first = undefined
    return rest?.length ? rest : undefined
  }

  /** A comment ends with a blank line of its own, so it is nothing to a reader (HTML, server-sent events §9.2.6). */
  #idle(): void {
    const boundary = ['\n\n', '\r\r', '\n\r\n'].some(blank => this.#tail.endsWith(blank))
    const held = this.#first !== undefined && this.#first.length > 0
    if (boundary && !held && !this.#response.writableNeedDrain) this.#response.write(comment)
  }

  #begin(chunk: Buffer): Buffer | undefined {
    const held = this.#first?.length ? Buffer.concat([this.#first, chunk]) : chunk
    const text = held.toString('latin1')
    const end = /\r\n\r\n|\n\n|\r\r/.exec(text)
    if (!end && held.length < firstEventMost && couldBeEndpoint(text)) {
      this.#first = held
      return undefined
    }
    this.#first = undefined
    if (!end) return held
    const size = end.index + end[0].length
    const event = held.subarray(0, size).toString()
    if (!/^event: ?endpoint\r?$/m.test(event)) return held
    const changed = event.replace(
      /^(data: ?)([^\r\n]*)/m,
      (_, field: string, url: string) => field + this.#rewrite(url),
    )
    return Buffer.concat([Buffer.from(changed), held.subarray(size)])
  }
}

/** Other first events are not held back while they are incomplete. */
function couldBeEndpoint(text: string): boolean {
  const start = text.replace(/^\xef\xbb\xbf/, '')
  return ['event: endpoint', 'event:endpoint'].some(line => line.startsWith(start.slice(0, line.length)))
}
