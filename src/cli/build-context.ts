// A directory of this machine as a tar archive for the server, without what its .dockerignore names.
import {accessSync, constants, existsSync, lstatSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {isAbsolute, join, relative, resolve, sep} from 'node:path'
import {PassThrough, pipeline, Readable} from 'node:stream'
import tar from 'tar-fs'
import {largestContext} from '../core/contract/service.ts'
import {ignoredBy} from '../core/ignored.ts'
import {Problem} from '../core/problem.ts'
import {bytes} from './output.ts'

export interface BuildContext {
  /** Dockerfile relative to the context, with `/`. */
  dockerfile: string
  archive: ReadableStream
}

/** `dockerfile` may be a directory with a `Dockerfile`; without `context`, the directory of the Dockerfile is sent. */
export function buildContext(dockerfile: string, context: string | undefined): BuildContext {
  const given = resolve(dockerfile)
  if (!existsSync(given))
    throw new Problem('usage', `There is no ${dockerfile}.`, {
      hint: 'give the path of a Dockerfile, or of its directory',
    })
  const file = statSync(given).isDirectory() ? join(given, 'Dockerfile') : given
  if (!existsSync(file))
    throw new Problem('usage', `There is no ${file}.`, {hint: 'give the path of a Dockerfile'})
  const directory = resolve(context ?? join(file, '..'))
  const inside = relative(directory, file)
  if (inside.startsWith('..') || isAbsolute(inside))
    throw new Problem('usage', `${file} lies outside of the context ${directory}.`, {
      hint: 'give a `--build-context` that holds the Dockerfile',
    })
  const ignoreFile = join(directory, '.dockerignore')
  const isIgnored = ignoredBy(existsSync(ignoreFile) ? readFileSync(ignoreFile, 'utf8') : '')
  const ignore = (path: string): boolean => {
    const name = relative(directory, path)
    return name !== '' && name !== inside && (isIgnored(name) || !isSendable(path))
  }
  checkSize(directory, ignore)
  return {dockerfile: inside.split(sep).join('/'), archive: packed(directory, {ignore})}
}

/** What cannot be read ends the stream with its error. */
function packed(directory: string, options: tar.PackOptions): ReadableStream {
  const archive = pipeline(tar.pack(directory, options), new PassThrough(), () => {})
  return Readable.toWeb(archive) as ReadableStream
}

/** An archive holds no sockets, pipes and devices. */
function isSendable(path: string): boolean {
  const found = lstatSync(path)
  return found.isFile() || found.isDirectory() || found.isSymbolicLink()
}

/** A server takes no more than this: said before hours of sending, with what is so large. Throws too-large. */
function checkSize(directory: string, ignore: (path: string) => boolean): void {
  const sizes = readdirSync(directory)
    .map(name => ({name, size: sizeOf(join(directory, name), ignore)}))
    .sort((one, other) => other.size - one.size)
  const total = sizes.reduce((sum, {size}) => sum + size, 0)
  if (total <= largestContext) return
  const largest = sizes.slice(0, 3).map(({name, size}) => `${name} (${bytes(size)})`)
  throw new Problem(
    'too-large',
    `The build context ${directory} has ${bytes(total)}; a server takes ${bytes(largestContext)}.`,
    {
      hint: `name in a \`.dockerignore\` what the build does not need; the largest are ${largest.join(', ')}`,
    },
  )
}

/** Bytes below a path that are not ignored, as an archive holds them. */
function sizeOf(path: string, ignore: (path: string) => boolean): number {
  if (ignore(path)) return 0
  const found = lstatSync(path)
  if (!found.isSymbolicLink()) checkReadable(path)
  if (!found.isDirectory()) return 512 + (found.isFile() ? Math.ceil(found.size / 512) * 512 : 0)
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name), ignore), 512)
}

function checkReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK)
  } catch {
    throw new Problem('usage', `${path} cannot be read, so it cannot be sent.`, {
      hint: 'name it in a `.dockerignore`, or make it readable',
    })
  }
}

/** What the Dockerfiles of our examples are built from: `package.json` and `examples/` of this installation. */
export function exampleContext(): ReadableStream {
  let root = import.meta.dirname
  while (!existsSync(join(root, 'package.json'))) root = join(root, '..')
  const entries = ['package.json', 'package-lock.json', 'examples'].filter(name =>
    existsSync(join(root, name)),
  )
  return packed(root, {entries})
}
