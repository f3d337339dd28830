// A tar archive of files of the browser, none of which is read before it is sent: POSIX.1-2017, pax interchange format.

export interface Entry {
  /** Relative, with `/`. */
  path: string
  file: File
}

const block = 512
const encoder = new TextEncoder()

/**
 * Every file may be run and read by anybody, as the Docker client does where files have no such bits: a browser does not
 * tell them.
 */
const mode = 0o755

/** The archive as parts of a Blob. */
export function tarOf(entries: readonly Entry[]): Blob {
  const parts: BlobPart[] = []
  for (const {path, file} of entries) {
    if (!fits(path)) {
      const record = paxRecord('path', path)
      parts.push(header('PaxHeader', 'x', record.length, file), record, padding(record.length))
    }
    parts.push(header(fits(path) ? path : 'long', '0', file.size, file), file, padding(file.size))
  }
  parts.push(new Uint8Array(2 * block))
  return new Blob(parts, {type: 'application/x-tar'})
}

/** Whether a name can stand in a header as it is. */
const fits = (path: string): boolean => path.length <= 100 && /^[\x20-\x7e]+$/.test(path)

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: string): Uint8Array<ArrayBuffer> {
  const rest = ` ${key}=${value}\n`
  const size = encoder.encode(rest).length
  let length = size + String(size).length
  if (String(length).length > String(size).length) length = size + String(length).length
  return encoder.encode(`${length}${rest}`)
}

const padding = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array((block - (size % block)) % block)

function header(name: string, type: '0' | 'x', size: number, file: File): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(block)
  const put = (at: number, text: string): void => bytes.set(encoder.encode(text), at)
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`
  put(0, name)
  put(100, octal(mode, 8))
  put(108, octal(0, 8))
  put(116, octal(0, 8))
  put(124, octal(size, 12))
  put(136, octal(Math.max(0, Math.floor(file.lastModified / 1000)), 12))
  put(148, ' '.repeat(8))
  put(156, type)
  put(257, 'ustar\x0000')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return bytes
}
