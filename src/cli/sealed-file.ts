// A file that only its passphrase opens: scrypt (RFC 7914), then AES-256-GCM in frames, each bound to its place.
import {createCipheriv, createDecipheriv, randomBytes, scrypt} from 'node:crypto'
import {Problem} from '../core/problem.ts'

/**
 * Header: `mcpx1`, log2 of the scrypt cost, 16 bytes of salt. Frames: length of the text (4 bytes), text, tag (16 bytes).
 * The nonce of a frame is its number; its last byte is 1 in the last frame, so that nothing can be cut off or moved.
 */
const magic = Buffer.from('mcpx1')
const cost = 17
const saltLength = 16
const headerLength = magic.length + 1 + saltLength
const tagLength = 16
const frameLength = 64 * 1024

const keyOf = (passphrase: string, salt: Buffer, log2: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const N = 2 ** log2
    scrypt(passphrase.normalize('NFC'), salt, 32, {N, r: 8, p: 1, maxmem: 256 * N * 8}, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })

function nonceOf(frame: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(frame, 7)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

/** Encrypts as it comes. */
export async function* sealed(
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Buffer> {
  const salt = randomBytes(saltLength)
  const header = Buffer.concat([magic, Buffer.from([cost]), salt])
  const key = await keyOf(passphrase, salt, cost)
  yield header
  let frame = 0
  const next = (text: Buffer, isLast: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(frame++, isLast)).setAAD(header)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(text.length)
    return Buffer.concat([length, cipher.update(text), cipher.final(), cipher.getAuthTag()])
  }
  let rest = Buffer.alloc(0)
  for await (const piece of content) {
    rest = Buffer.concat([rest, piece])
    for (; rest.length > frameLength; rest = rest.subarray(frameLength))
      yield next(rest.subarray(0, frameLength), false)
  }
  yield next(rest, true)
}

/** Decrypts as it comes; every piece is authentic. Throws backup-unreadable. */
export async function* opened(
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Buffer> {
  const reader = new Reader(content)
  const header = await reader.take(headerLength)
  if (!header || !header.subarray(0, magic.length).equals(magic))
    throw unreadable('It is not a backup of mcpx')
  const log2 = header[magic.length] ?? 0
  if (log2 < 10 || log2 > 22) throw unreadable('Its header is damaged')
  const key = await keyOf(passphrase, header.subarray(magic.length + 1), log2)
  for (let frame = 0; ; frame++) {
    const length = (await reader.take(4))?.readUInt32BE()
    const body =
      length === undefined || length > frameLength ? undefined : await reader.take(length + tagLength)
    if (!body) throw unreadable(frame === 0 ? 'It has no content' : 'Its end is missing')
    const isLast = await reader.isAtEnd()
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(frame, isLast))
        .setAAD(header)
        .setAuthTag(body.subarray(-tagLength))
      yield Buffer.concat([decipher.update(body.subarray(0, -tagLength)), decipher.final()])
    } catch {
      throw unreadable(
        frame === 0 ? 'The passphrase is another, or the file was altered' : 'It was altered or cut off',
      )
    }
    if (isLast) return
  }
}

const unreadable = (detail: string): Problem => new Problem('backup-unreadable', `${detail}.`)

/** Bytes in the numbers they are asked for. */
class Reader {
  readonly #pieces: AsyncIterator<Uint8Array>
  #rest = Buffer.alloc(0)

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#pieces = content[Symbol.asyncIterator]()
  }

  /** Undefined when there are fewer. */
  async take(length: number): Promise<Buffer | undefined> {
    if (!(await this.#has(length))) return undefined
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  async isAtEnd(): Promise<boolean> {
    return !(await this.#has(1))
  }

  async #has(length: number): Promise<boolean> {
    while (this.#rest.length < length) {
      const {value, done} = await this.#pieces.next()
      if (done) return false
      this.#rest = Buffer.concat([this.#rest, value])
    }
    return true
  }
}
