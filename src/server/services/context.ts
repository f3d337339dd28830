// A build context as the engine takes it: packed on the way, without what its .dockerignore names. What cannot be packed
// ends the build, not mcpx.
import {existsSync, lstatSync, readFileSync} from 'node:fs'
import {join, normalize, relative, sep} from 'node:path'
import {pipeline, type Readable} from 'node:stream'
import {createGzip} from 'node:zlib'
import tar from 'tar-fs'
import {sendingOf} from '../../core/ignored.ts'

export interface PackedContext {
  archive: Readable
  /** Why it could not be packed, once that is known. */
  failure: () => Error | undefined
}

/** `dockerfile` goes along even where the .dockerignore names it. Throws when there is no such directory. */
export function packedContext(directory: string, dockerfile: string): PackedContext {
  let reason: Error | undefined
  const failed = ({code, message}: NodeJS.ErrnoException): void => {
    const text = code === 'ERR_STREAM_PREMATURE_CLOSE' ? 'a file in it changed meanwhile' : message
    reason ??= new Error(`the build context cannot be read: ${text}`)
  }
  const pack = tar.pack(directory, {
    ignore: ignoring(directory, normalize(dockerfile)),
    // An archive holds no pipes and devices.
    strict: false,
    // Of a file that fails, or has not the size it had, the archive says only that it ended too early.
    mapStream: file => file.once('error', failed),
  })
  const archive = pipeline(pack, createGzip(), error => error && failed(error))
  return {archive, failure: () => reason}
}

function ignoring(directory: string, dockerfile: string): (path: string) => boolean {
  const file = join(directory, '.dockerignore')
  const rules = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const {isIgnored, mayHold} = sendingOf(rules, dockerfile, sep)
  return path => {
    const name = relative(directory, path)
    return name !== '' && isIgnored(name) && !(mayHold(name) && isDirectory(path))
  }
}

/** What cannot be looked at is none: whether it matters turns out when it is packed. */
function isDirectory(path: string): boolean {
  try {
    return lstatSync(path).isDirectory()
  } catch {
    return false
  }
}
