// Server-sent events on their way through: kept alive when idle, and the old transport's endpoint made public.
import type {ServerResponse} from 'node:http'

const comment = ':\n\n'
/** A blank line: here an event has ended (HTML, server-sent events §9.2.5). */
const boundary = /(?:\n\n|\r\r|\n\r\n)$/
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
  #leaving = false

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
    const sent = this.#leaving ? this.#untilBoundary(out) : out
    this.#tail = (this.#tail + sent.toString('latin1', Math.max(0, sent.length - 3))).slice(-3)
    return sent
  }

  /** Send no more than the event that has begun. */
  leave(): void {
    this.#leaving = true
  }

  /** Whether it was to leave, and can: the reader has no part of an event. */
  get over(): boolean {
    return this.#leaving && this.#between
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
    const held = this.#first !== undefined && this.#first.length > 0
    if (this.#between && !held && !this.#response.writableNeedDrain) this.#response.write(comment)
  }

  get #between(): boolean {
    return boundary.test(this.#tail)
  }

  /** What comes before the first boundary, and that. */
  #untilBoundary(chunk: Buffer): Buffer {
    for (let end = 1; end <= chunk.length; end++) {
      const before = (this.#tail + chunk.toString('latin1', Math.max(0, end - 3), end)).slice(-3)
      if (boundary.test(before)) return chunk.subarray(0, end)
    }
    return chunk
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
