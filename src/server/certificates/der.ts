// DER (X.690), as much as OCSP needs: elements made and read.

export interface Element {
  tag: number
  body: Buffer
  /** Tag and length too. */
  whole: Buffer
}

export function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

export const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, ...parts)

/** The elements that stand in `bytes`, one after another. Throws a RangeError when they are cut off. */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at)
    const first = bytes.readUInt8(at + 1)
    const more = first < 128 ? 0 : first & 127
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more)
    const from = at + 2 + more
    if (from + length > bytes.length) throw new RangeError('the answer is cut off')
    found.push({tag, body: bytes.subarray(from, from + length), whole: bytes.subarray(at, from + length)})
    at = from + length
  }
  return found
}

/** What a constructed element holds; nothing where there is none. */
export const inside = (element: Element | undefined): Element[] =>
  element === undefined ? [] : elements(element.body)

/** ms since 1970 of a GeneralizedTime, `YYYYMMDDHHMMSSZ`; NaN when it is none. */
export function time(element: Element | undefined): number {
  const text = element?.tag === 0x18 ? element.body.toString('latin1') : ''
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`)
}
