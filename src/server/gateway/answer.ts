// Reads what an upstream answers: a strict parser of HTTP/1.1 responses (RFC 9112). What it does not accept is refused.

/** A response head as sent: names and values in turn, in their order and case. */
export interface AnswerHead {
  status: number
  reason: string
  headers: string[]
  /** Content-Length of a body that follows; undefined when chunked or ended by closing. */
  length: number | undefined
  /** Whether a body follows at all. */
  body: boolean
  chunked: boolean
  keepAlive: boolean
  /** `timeout` of the Keep-Alive field in seconds: the upstream closes the idle connection after it. */
  idleTimeout: number | undefined
}

export interface AnswerEvents {
  /** 1xx other than 101. */
  informed(head: AnswerHead): void
  headed(head: AnswerHead): void
  /** A part of the body; the last one comes with `ended`. */
  received(chunk: Buffer): void
  /** Trailers are names and values in turn. */
  ended(last: Buffer | undefined, trailers: string[] | undefined): void
  /** 101: the connection is no longer HTTP; `rest` is what came behind the head. */
  switched(head: AnswerHead, rest: Buffer): void
}

export class InvalidAnswer extends Error {}

const headLimit = 65_536
const lineLimit = 4096
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Beside these there are control characters (RFC 9110 §5.5). */
const forbidden = /[^\t\x20-\x7e\x80-\xff]/

type State = 'idle' | 'head' | 'length' | 'size' | 'chunk' | 'chunk-end' | 'trailers' | 'close'

export class AnswerParser {
  #state: State = 'idle'
  #method = ''
  #upgrade = false
  #left = 0
  #rest: Buffer | undefined
  readonly #events: AnswerEvents

  constructor(events: AnswerEvents) {
    this.#events = events
  }

  /** Expect the answer to a request of `method`; `upgrade` says whether 101 may come. */
  expect(method: string, upgrade: boolean): void {
    this.#state = 'head'
    this.#method = method
    this.#upgrade = upgrade
    this.#rest = undefined
  }

  /** Take what arrived. Throws InvalidAnswer; the connection is of no use afterwards. */
  execute(chunk: Buffer): void {
    let data = chunk
    if (this.#rest) {
      data = Buffer.concat([this.#rest, chunk])
      this.#rest = undefined
    }
    let at = 0
    while (at < data.length) {
      const next = this.#step(data, at)
      if (next === -1) {
        this.#rest = at === 0 ? data : data.subarray(at)
        return
      }
      at = next
    }
  }

  /** The upstream closed its side. Answers whether the message is whole by that. */
  close(): boolean {
    if (this.#state !== 'close') return this.#state === 'idle'
    this.#state = 'idle'
    this.#events.ended(undefined, undefined)
    return true
  }

  /** Answers where to go on, or -1 when more must arrive first. */
  #step(data: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#head(data, at)
      case 'length':
        return this.#fixed(data, at)
      case 'close':
        this.#events.received(at === 0 ? data : data.subarray(at))
        return data.length
      case 'size':
        return this.#size(data, at)
      case 'chunk':
        return this.#chunk(data, at)
      case 'chunk-end':
        if (data.length - at < 2) return -1
        if (data[at] !== 13 || data[at + 1] !== 10)
          throw new InvalidAnswer('a chunk does not end where it should')
        this.#state = 'size'
        return at + 2
      case 'trailers':
        return this.#trailers(data, at)
      case 'idle':
        throw new InvalidAnswer('it sent more than one answer')
    }
  }

  #head(data: Buffer, at: number): number {
    const end = data.indexOf('\r\n\r\n', at, 'latin1')
    if (end === -1 ? data.length - at > headLimit : end - at > headLimit)
      throw new InvalidAnswer('its headers are larger than 64 KiB')
    if (end === -1) {
      // What cannot become a status line is refused before it is collected.
      if (!'HTTP/1.'.startsWith(data.toString('latin1', at, Math.min(at + 7, data.length))))
        throw new InvalidAnswer('it does not speak HTTP/1')
      return -1
    }
    const head = readHead(data.toString('latin1', at, end), this.#method)
    const next = end + 4
    if (head.status === 101) {
      if (!this.#upgrade) throw new InvalidAnswer('it switched protocols without being asked')
      this.#state = 'idle'
      this.#events.switched(head, data.subarray(next))
      return data.length
    }
    if (head.status < 200) {
      this.#events.informed(head)
      return next
    }
    this.#begin(head)
    return next
  }

  #begin(head: AnswerHead): void {
    this.#left = head.length ?? 0
    const empty = !head.body || head.length === 0
    this.#state = empty ? 'idle' : head.chunked ? 'size' : head.length === undefined ? 'close' : 'length'
    this.#events.headed(head)
    if (empty) this.#events.ended(undefined, undefined)
  }

  #fixed(data: Buffer, at: number): number {
    const available = data.length - at
    if (available < this.#left) {
      this.#left -= available
      this.#events.received(at === 0 ? data : data.subarray(at))
      return data.length
    }
    const end = at + this.#left
    this.#state = 'idle'
    this.#events.ended(data.subarray(at, end), undefined)
    return end
  }

  #size(data: Buffer, at: number): number {
    const end = data.indexOf('\r\n', at, 'latin1')
    if (end === -1) {
      if (data.length - at > lineLimit) throw new InvalidAnswer('a chunk size is too long')
      return -1
    }
    const line = /^([0-9A-Fa-f]{1,8})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?$/.exec(
      data.toString('latin1', at, end),
    )
    if (!line) throw new InvalidAnswer('a chunk size is not a number')
    this.#left = Number.parseInt(line[1] as string, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'chunk'
    return end + 2
  }

  #chunk(data: Buffer, at: number): number {
    const end = Math.min(at + this.#left, data.length)
    this.#left -= end - at
    if (this.#left === 0) this.#state = 'chunk-end'
    this.#events.received(data.subarray(at, end))
    return end
  }

  #trailers(data: Buffer, at: number): number {
    if (data.length - at < 2) return -1
    let trailers: string[] | undefined
    let next = at + 2
    if (data[at] !== 13 || data[at + 1] !== 10) {
      const end = data.indexOf('\r\n\r\n', at, 'latin1')
      if (end === -1) {
        if (data.length - at > headLimit) throw new InvalidAnswer('its trailers are larger than 64 KiB')
        return -1
      }
      trailers = []
      for (const line of data.toString('latin1', at, end).split('\r\n')) readField(line, trailers)
      next = end + 4
    }
    this.#state = 'idle'
    this.#events.ended(undefined, trailers)
    return next
  }
}

function readField(line: string, headers: string[]): string {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon)
  if (colon < 1 || forbidden.test(line) || !fieldName.test(name))
    throw new InvalidAnswer('a header line is malformed')
  headers.push(name, line.slice(colon + 1).trim())
  return name
}

function readHead(text: string, method: string): AnswerHead {
  let at = text.indexOf('\r\n')
  const first = at === -1 ? text : text.slice(0, at)
  const status = statusLine.exec(first)
  if (!status || forbidden.test(first)) throw new InvalidAnswer('its status line is malformed')
  const headers: string[] = []
  let length: number | undefined
  let coding: string | undefined
  let connection = ''
  let idleTimeout: number | undefined
  while (at !== -1) {
    const end = text.indexOf('\r\n', at + 2)
    const name = readField(text.slice(at + 2, end === -1 ? text.length : end), headers)
    const value = headers[headers.length - 1] as string
    at = end
    switch (
      name.length === 7 || name.length === 10 || name.length === 14 || name.length === 17
        ? name.toLowerCase()
        : ''
    ) {
      case 'content-length':
        if (length !== undefined || !/^\d{1,15}$/.test(value))
          throw new InvalidAnswer('its Content-Length is malformed')
        length = Number(value)
        break
      case 'transfer-encoding':
        if (coding !== undefined || value.toLowerCase() !== 'chunked')
          throw new InvalidAnswer('its Transfer-Encoding is not `chunked`')
        coding = value
        break
      case 'connection':
        connection += `,${value.toLowerCase()}`
        break
      case 'keep-alive': {
        const seconds = /timeout=(\d{1,6})/i.exec(value)
        if (seconds) idleTimeout = Number(seconds[1])
      }
    }
  }
  if (coding !== undefined && length !== undefined)
    throw new InvalidAnswer('it has both Content-Length and Transfer-Encoding')
  const code = Number(status[2])
  const body = method !== 'HEAD' && code >= 200 && code !== 204 && code !== 304
  const newer = status[1] === '1'
  const closes = connection.includes('close') || (body && coding === undefined && length === undefined)
  return {
    status: code,
    reason: status[3] ?? '',
    headers,
    length: body ? length : undefined,
    body,
    chunked: coding !== undefined,
    keepAlive: !closes && (newer || connection.includes('keep-alive')),
    idleTimeout,
  }
}
