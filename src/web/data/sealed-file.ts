// A backup that only its passphrase opens, made and opened by the browser itself: the form of files of `mcpx backup`.
// scrypt (RFC 7914), then AES-256-GCM in frames, each bound to its place; see src/cli/sealed-file.ts.
import {scryptAsync} from '@noble/hashes/scrypt.js'
import {Failure} from './failure.ts'

type Bytes = Uint8Array<ArrayBuffer>

const magic = new TextEncoder().encode('mcpx1')
const cost = 17
const saltLength = 16
const headerLength = magic.length + 1 + saltLength
const tagLength = 16
const frameLength = 64 * 1024

async function keyOf(passphrase: string, salt: Bytes, log2: number): Promise<CryptoKey> {
  const bytes = await scryptAsync(passphrase.normalize('NFC'), salt, {
    N: 2 ** log2,
    r: 8,
    p: 1,
    dkLen: 32,
    maxmem: 256 * 2 ** log2 * 8,
  })
  return crypto.subtle.importKey('raw', bytes as Bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

function nonceOf(frame: number, isLast: boolean): Bytes {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(7, frame)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

const throughout = async (content: Blob, pair: ReadableWritablePair<Bytes, BufferSource>): Promise<Bytes> =>
  new Uint8Array(await new Response(content.stream().pipeThrough(pair)).arrayBuffer())

/** Text as a file that `opened`, or `mcpx restore`, reads with the passphrase. */
export async function sealed(text: Blob, passphrase: string): Promise<Blob> {
  const salt = crypto.getRandomValues(new Uint8Array(saltLength))
  const header = new Uint8Array([...magic, cost, ...salt])
  const key = await keyOf(passphrase, salt, cost)
  const packed = await throughout(text, new CompressionStream('gzip'))
  const parts: Bytes[] = [header]
  const frames = Math.max(1, Math.ceil(packed.length / frameLength))
  for (let frame = 0; frame < frames; frame++) {
    const piece = packed.subarray(frame * frameLength, (frame + 1) * frameLength)
    const iv = nonceOf(frame, frame === frames - 1)
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, piece.length)
    const encrypted = await crypto.subtle.encrypt({name: 'AES-GCM', iv, additionalData: header}, key, piece)
    parts.push(length, new Uint8Array(encrypted))
  }
  return new Blob(parts, {type: 'application/octet-stream'})
}

/** The text of a file of `sealed` or of `mcpx backup`. Throws a Failure. */
export async function opened(file: Blob, passphrase: string): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const header = bytes.subarray(0, headerLength)
  if (bytes.length < headerLength || magic.some((byte, at) => header[at] !== byte))
    throw unreadable('It is not a backup of mcpx.')
  const log2 = header[magic.length] ?? 0
  if (log2 < 10 || log2 > 22) throw unreadable('Its header is damaged.')
  const key = await keyOf(passphrase, header.slice(magic.length + 1), log2)
  const pieces: ArrayBuffer[] = []
  const view = new DataView(bytes.buffer)
  for (let at = headerLength, frame = 0; at < bytes.length || frame === 0; frame++) {
    const length = at + 4 <= bytes.length ? view.getUint32(at) : frameLength + 1
    const end = at + 4 + length + tagLength
    if (length > frameLength || end > bytes.length)
      throw unreadable(frame === 0 ? 'It has no content.' : 'Its end is missing.')
    const iv = nonceOf(frame, end === bytes.length)
    const how = {name: 'AES-GCM', iv, additionalData: header}
    pieces.push(
      await crypto.subtle.decrypt(how, key, bytes.subarray(at + 4, end)).catch(() => {
        throw unreadable(
          frame === 0 ? 'The passphrase is another, or the file was altered.' : 'It was altered or cut off.',
        )
      }),
    )
    at = end
  }
  return new TextDecoder().decode(await throughout(new Blob(pieces), new DecompressionStream('gzip')))
}

const unreadable = (detail: string): Failure =>
  new Failure({
    code: 'backup-unreadable',
    title: 'The backup cannot be opened',
    detail,
    hint: 'check the passphrase, and that the file is whole',
  })
